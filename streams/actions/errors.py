"""What goes wrong when an action runs, in one vocabulary for every connector.

    ActionError           code                 tried again?
    ├── UnknownAction     unknown_action       no
    ├── UnmappedCommand   unmapped_command     no
    ├── NotConfigured     not_configured       no
    ├── SecretNotFound    secret_not_found     no, unless Vault is only away, sealed or busy
    ├── InvalidParameters invalid_parameters   no
    ├── NotConnected      connection_failed    yes; nothing was sent
    ├── NotAllowed        egress_refused       no; nothing was sent
    ├── NotTrusted        certificate_refused  no; nothing was sent
    ├── ConnectionTimedOut timed_out           yes; nothing was sent
    ├── ConnectionLost    connection_lost      yes; in doubt: it may have been carried out
    ├── TimedOut          timed_out            yes; in doubt
    ├── DeadlinePassed    timed_out            no, in doubt; the time of the attempt was over
    ├── TooLate           timed_out            no; nothing was sent
    ├── RateLimited       rate_limited         yes, not before the remote side's wish
    ├── UnexpectedStatus  http_status          5xx only
    ├── InvalidAnswer     invalid_answer       no; it may have been carried out
    ├── Refused           refused              no, unless the remote side is only passing ill
    └── InternalError     internal_error       no; a bug, see the log

What is in doubt, and would happen twice, is reported as ``outcome_unknown``
(``streams/attempts.py``).
Connectors raise these and nothing else; their messages may hold text from the remote side.
Secrets are taken out of them before they leave ``Actions.run``.
"""

from collections.abc import Iterable
from difflib import get_close_matches

MESSAGE_LENGTH_MAX = 2_000


class ActionError(Exception):
    """An attempt of an action failed, and why.

    code: stable, lower_snake_case. retryable: trying again may help.
    retry_after_seconds: the remote side's own wish. in_doubt: it may have been carried out, so
    that to try again may do it twice.
    """

    in_doubt = False

    def __init__(
        self,
        code: str,
        message: str,
        retryable: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        """Return the message, cut where it is longer than anybody reads."""
        return self.message[:MESSAGE_LENGTH_MAX]


class UnknownAction(ActionError):
    """No connector stands behind the reference."""

    def __init__(self, ref: str, known: Iterable[str]) -> None:
        super().__init__(
            "unknown_action",
            f"there is no action {ref!r}{suggestion(ref, known)}; "
            "others can be added in PLAYBOOKS_ACTIONS_FILE",
        )


class UnmappedCommand(ActionError):
    """Nothing runs the commands of this type that imported playbooks have."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            "unmapped_command",
            f"nothing runs commands of the type {ref.partition(':')[2]} here: say what may, in "
            f"PLAYBOOKS_ACTIONS_FILE, as {ref}: {{connector: webhook, url: …}}",
        )


class NotConfigured(ActionError):
    """The operator has not said, or not rightly said, what the connector needs."""

    def __init__(self, ref: str, connector: str, reasons: Iterable[str]) -> None:
        super().__init__(
            "not_configured",
            f"{ref} is not configured: {'; '.join(reasons)} "
            f"(set it in PLAYBOOKS_ACTIONS_FILE, under {ref}: {{connector: {connector}, …}}; "
            "a secret as secret:NAME)",
        )


class SecretNotFound(ActionError):
    """A secret that the call needs cannot be had."""

    def __init__(self, ref: str, reason: str, *, passing: bool = False) -> None:
        super().__init__("secret_not_found", f"{ref}: {reason}", retryable=passing)


class InvalidParameters(ActionError):
    """The parameters of the step are not those of the connector."""

    def __init__(self, ref: str, problems: Iterable[str]) -> None:
        super().__init__("invalid_parameters", f"{ref}: {'; '.join(problems)}")


class NotConnected(ActionError):
    """No connection came about."""

    def __init__(self, request: str, reason: str) -> None:
        super().__init__("connection_failed", f"{request}: cannot connect: {reason}", True)


class NotAllowed(ActionError):
    """The address is none that actions may reach (``streams/actions/egress.py``)."""

    def __init__(self, request: str) -> None:
        super().__init__(
            "egress_refused",
            f"{request}: refused, since it leads to an address that is not public; allow it in "
            "PLAYBOOKS_EGRESS_ALLOW, or name it in PLAYBOOKS_ACTIONS_FILE",
        )


class NotTrusted(ActionError):
    """The remote side could not prove who it is."""

    def __init__(self, request: str, reason: str) -> None:
        super().__init__("certificate_refused", f"{request}: its certificate is refused: {reason}")


class ConnectionLost(ActionError):
    """The connection broke before the answer was whole."""

    in_doubt = True

    def __init__(self, request: str, reason: str) -> None:
        super().__init__(
            "connection_lost",
            f"{request}: the connection was lost before the answer was whole: {reason}; "
            "the request may have been carried out",
            True,
        )


class TimedOut(ActionError):
    """No answer within the time of one request."""

    in_doubt = True

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(
            "timed_out", f"{request}: waited {seconds:g} s for an answer, in vain", True
        )


class ConnectionTimedOut(ActionError):
    """No connection came about in time: nothing was sent."""

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(
            "timed_out", f"{request}: waited {seconds:g} s for a connection, in vain", True
        )


class DeadlinePassed(ActionError):
    """The attempt ran out of its own time: no result counts any more."""

    in_doubt = True

    def __init__(self, ref: str, at: str) -> None:
        super().__init__("timed_out", f"{ref}: no result by {at}")


class TooLate(ActionError):
    """The time of the attempt was over before it began."""

    def __init__(self, ref: str, at: str) -> None:
        super().__init__("timed_out", f"{ref}: not begun by {at}")


class RateLimited(ActionError):
    """The remote side wants fewer requests."""

    def __init__(self, request: str, retry_after_seconds: float | None) -> None:
        wish = "" if retry_after_seconds is None else f"; it asks for {retry_after_seconds:g} s"
        super().__init__(
            "rate_limited", f"{request}: too many requests{wish}", True, retry_after_seconds
        )


class UnexpectedStatus(ActionError):
    """An answer with a status that the connector does not take for success."""

    def __init__(
        self, request: str, status: str, said: str, *, passing: bool, retry_after: float | None
    ) -> None:
        super().__init__(
            "http_status", f"{request} answered {status}: {said}", passing, retry_after
        )


class InvalidAnswer(ActionError):
    """An answer that is not what the API of the remote side promises."""

    def __init__(self, request: str, reason: str) -> None:
        super().__init__(
            "invalid_answer",
            f"{request}: the answer cannot be read: {reason}; "
            "the request may have been carried out",
        )


class Refused(ActionError):
    """The remote side understood, and said no."""

    def __init__(self, request: str, reason: str, *, passing: bool = False) -> None:
        super().__init__("refused", f"{request}: refused: {reason}", passing)


class InternalError(ActionError):
    """The connector failed in a way that it should not."""

    def __init__(self, connector: str, what: str) -> None:
        super().__init__(
            "internal_error",
            f"the connector {connector} failed unexpectedly: {what}; the log says where",
        )


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what else ``word`` might have meant, to follow a complaint about it."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    meant = f", did you mean {close[0]}?" if close else ","
    return f"{meant} known: {', '.join(names) or 'none'}"
