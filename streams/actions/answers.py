"""What comes back over HTTP: read with a limit, and told apart from success.

Everything here is the remote side's text, so hostile: it is measured before it is parsed,
and it reaches an error message only redacted, in one line, and short.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from streams.actions.errors import InvalidAnswer, RateLimited, UnexpectedStatus
from streams.actions.parameters import ActionOutput
from streams.actions.redaction import Redaction

BODY_BYTES_MAX = 48 * 1024
"""Of a body as it stands in an output: with its headers it stays below what a step keeps."""

EXCERPT_LENGTH = 300
RETRY_AFTER_SECONDS_MAX = 86_400.0
"""What a remote side may wish for. More would be a way to hold up an execution for ever."""

_BODY_NESTING_MAX = 60
_SHOWN_HEADERS = (
    "content-length", "content-type", "date", "etag", "last-modified", "link", "location",
    "retry-after", "x-request-id",
)  # fmt: skip
"""Headers that an output shows. Others may be credentials: cookies, for one."""

_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"})

_ADVICE = {
    401: "; check the token",
    403: "; check what the token may do",
    404: "; check the address",
    410: "; check the address",
}


class AnswerOutput(ActionOutput):
    """An HTTP answer as an output. body: JSON where it is, else text, as far as it fits."""

    status: int
    headers: dict[str, str]
    body: Any
    truncated: bool


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. headers: names in lower case. cut: the content was longer than is kept."""

    request: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    cut: bool
    charset: str | None
    redaction: Redaction

    @property
    def text(self) -> str:
        """The content as text; what does not decode is replaced."""
        charset = (self.charset or "utf-8").lower()
        return self.content.decode(charset if charset in _CHARSETS else "utf-8", errors="replace")

    def json(self) -> Any:
        """Return the content as JSON, a number too big for it as a float. Raises InvalidAnswer."""
        if self.cut:
            raise InvalidAnswer(self.request, f"it is longer than {len(self.content)} bytes")
        try:
            return orjson.loads(self.content)
        except ValueError:
            raise InvalidAnswer(self.request, f"it is not JSON: {self.excerpt}") from None

    @property
    def excerpt(self) -> str:
        """The beginning of the text, in one line and without secrets."""
        line = " ".join(self.redaction.text(self.text).split())
        line = "".join(character for character in line if character.isprintable())
        if not line:
            return "nothing more"
        return line if len(line) <= EXCERPT_LENGTH else f"{line[:EXCERPT_LENGTH]}…"

    def output(self) -> "AnswerOutput":
        """Return status, the headers that are safe to show, and the body, as far as it fits.

        The body is JSON where it says that it is and can be read, else text.
        """
        body, cut = self._body()
        return AnswerOutput(
            status=self.status,
            headers={name: self.headers[name] for name in _SHOWN_HEADERS if name in self.headers},
            body=body,
            truncated=cut,
        )

    def _body(self) -> tuple[Any, bool]:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.cut and (kind == "application/json" or kind.endswith("+json")):
            try:
                body = orjson.loads(self.content)
            except ValueError:
                pass
            else:
                if not _deeper(body, _BODY_NESTING_MAX) and _size(body) <= BODY_BYTES_MAX:
                    return body, False
        # Redacted before it is cut: half a secret is recognised by nobody.
        text = self.redaction.text(self.text)
        fitting = _fitting(text)
        return fitting, self.cut or len(fitting) < len(text)


def require_success(answer: Answer, expected: Collection[int] | None = None) -> None:
    """Raise ActionError unless the status is one of ``expected``; None: any 2xx."""
    status = answer.status
    if status in expected if expected is not None else 200 <= status < 300:
        return
    retry_after = _retry_after_seconds(answer.headers.get("retry-after"))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(answer.request, retry_after)
    advice = _ADVICE.get(status, "")
    if 300 <= status < 400:
        advice = f"; redirects are not followed: ask {_shown_location(answer)} itself"
    passing = status >= 500
    raise UnexpectedStatus(
        answer.request,
        f"{status} {_phrase(status)}".rstrip(),
        answer.excerpt + advice,
        passing=passing,
        retry_after=retry_after if passing else None,
    )


def _phrase(status: int) -> str:
    # Not the remote side's own words for it.
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _shown_location(answer: Answer) -> str:
    location = answer.redaction.text(answer.headers.get("location", ""))
    return location.partition("?")[0][:200] or "where it leads"


def _retry_after_seconds(value: str | None) -> float | None:
    """Return the wish in a ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_SECONDS_MAX)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), RETRY_AFTER_SECONDS_MAX)


def _size(value: Any) -> int:
    return len(orjson.dumps(value))


def _fitting(text: str) -> str:
    """Return as much of ``text`` as is at most ``BODY_BYTES_MAX`` bytes of JSON."""
    while (size := _size(text)) > BODY_BYTES_MAX:
        text = text[: len(text) * BODY_BYTES_MAX // size]
    return text


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(each, levels - 1) for each in parts)
