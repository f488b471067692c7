"""``Actions``: runs what action requests ask for. Called by the step agent.

It owns the HTTP sessions of all connectors and knows what each action reference stands for.
Two things hold for every connector, its own or a third party's: secrets are filled in here,
last, and taken out again of whatever leaves; and nothing leaves as an exception but
``ActionError``.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

import orjson
import structlog
from aiohttp import ClientSession

from schemas.actions import ActionRequest
from streams.actions import actions_file, foreign
from streams.actions.actions_file import ActionsFileError
from streams.actions.bindings import Binding
from streams.actions.catalogue import ALWAYS, CONNECTORS
from streams.actions.connector import Call, Connector
from streams.actions.descriptions import Description, description
from streams.actions.egress import Egress
from streams.actions.errors import (
    ActionError,
    DeadlinePassed,
    InternalError,
    InvalidParameters,
    SecretNotFound,
    TooLate,
    UnknownAction,
    UnmappedCommand,
)
from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings
from streams.actions.redaction import Redaction
from streams.actions.references import Secrets
from streams.actions.requests import open_session
from streams.secrets import SecretError
from streams.vault import Vault

log = structlog.get_logger(__name__)


class Actions:
    """The actions that steps can name, and the session they run on."""

    def __init__(
        self,
        configuration: Path | Mapping[str, Any] | None = None,
        secrets_dir: Path | None = None,
        connectors: Iterable[type[Connector[Any, Any]]] = CONNECTORS,
        *,
        egress_allow: Iterable[str] = (),
        vault: Vault | None = None,
    ) -> None:
        """configuration: an actions file, or what one says. Raises ActionsFileError.

        egress_allow: see ``PLAYBOOKS_EGRESS_ALLOW``. vault: where secrets are, too.
        """
        by_name: dict[str, Connector[Any, Any]] = {}
        for connector in connectors:
            if connector.name in by_name:
                raise ValueError(f"two connectors are called {connector.name}: rename one")
            by_name[connector.name] = connector()
        always = {
            ref: Binding(ref, by_name[name]) for ref, name in ALWAYS.items() if name in by_name
        }
        self._bindings = always | _configured(configuration, by_name)
        self._secrets_dir = secrets_dir
        self._vault = vault
        self._egress = Egress(egress_allow)
        self._sessions: tuple[ClientSession, ClientSession] | None = None

    async def start(self) -> None:
        """Open the sessions."""
        self._sessions = open_session(self._egress), open_session(None)

    async def stop(self) -> None:
        """Close the sessions, and with them what is still under way."""
        for session in self._sessions or ():
            await session.close()
        self._sessions = None

    def describe(self) -> list[Description]:
        """Return every action reference with what it takes and whether it is set up."""
        secrets = Secrets(self._secrets_dir, self._vault)
        return [description(self._bindings[ref], secrets) for ref in sorted(self._bindings)]

    @property
    def repetitions(self) -> dict[str, str]:
        """What happens, by action reference, when the same request runs twice."""
        return {ref: binding.connector.idempotency for ref, binding in self._bindings.items()}

    def is_repeatable(self, request: ActionRequest) -> bool:
        """Tell whether the attempt may simply be made again when nobody knows its outcome."""
        if request.action_ref not in self._bindings or request.dry_run:
            return True  # nothing is called
        return self.does_no_harm_twice(request.action_ref, request.parameters)

    def does_no_harm_twice(self, action_ref: str, parameters: Mapping[str, Any]) -> bool:
        """Tell it of an action that somebody calls; of one that is not known here: no."""
        binding = self._bindings.get(action_ref)
        if binding is None:
            return False
        said = foreign.told(action_ref, parameters, binding.connector)
        try:
            return bool(binding.connector.is_repeatable({**binding.parameters, **said}))
        except Exception as error:
            # A third party's: who asks decides for others as well, and must go on.
            log.warning("not known to do no harm twice", action_ref=action_ref, error=repr(error))
            return False

    def settle_seconds(self, request: ActionRequest) -> float:
        """Return how long to wait before an attempt of unknown outcome is made again."""
        binding = self._bindings.get(request.action_ref)
        return 0.0 if binding is None or request.dry_run else binding.connector.settle_seconds

    async def run(self, request: ActionRequest) -> Any:
        """Run one attempt and return its output, plain JSON without secrets.

        Raises ActionError, without secrets too. A dry run answers with the example output.
        """
        binding = self._bindings.get(request.action_ref)
        if binding is None and foreign.is_foreign(request.action_ref):
            raise UnmappedCommand(request.action_ref)
        if binding is None:
            raise UnknownAction(request.action_ref, self._bindings)
        request = foreign.carried(request, binding.connector)
        _require_numbers(binding, request.parameters)
        secrets = Secrets(self._secrets_dir, self._vault)
        try:
            if request.dry_run:
                parameters = binding.parameters_dry(request.parameters, request.secrets)
                output = binding.connector.example(parameters)
            else:
                output = await self._in_time(binding, request, secrets)
            output = Redaction(secrets.values).value(output)
            # What this cannot write nobody could: the result would be lost on its way.
            orjson.dumps(output)
        except ActionError as error:
            error.message = Redaction(secrets.values).text(error.message)
            raise
        except SecretError as error:
            raise SecretNotFound(binding.ref, str(error), passing=error.passing) from None
        except Exception as error:
            _log_unexpected(binding, request, error, Redaction(secrets.values))
            raise InternalError(binding.connector.name, type(error).__name__) from None
        return output

    async def _in_time(self, binding: Binding, request: ActionRequest, secrets: Secrets) -> Any:
        if request.timeout_at is None:
            return await self._run(binding, request, secrets, None)
        now = datetime.now(UTC)
        # Never longer than it was given: the clock may have been set back since.
        remaining = (request.timeout_at - max(now, request.at)).total_seconds()
        if remaining <= 0:
            raise TooLate(binding.ref, request.timeout_at.isoformat())
        try:
            async with asyncio.timeout(remaining) as deadline:
                return await self._run(binding, request, secrets, remaining)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise DeadlinePassed(binding.ref, request.timeout_at.isoformat()) from None

    async def _run(
        self,
        binding: Binding,
        request: ActionRequest,
        secrets: Secrets,
        timeout_seconds: float | None,
    ) -> Any:
        if self._sessions is None:
            raise RuntimeError("actions have not been started")
        if self._vault is None:
            prepared = _prepared(binding, request, secrets)
        else:  # which is asked over the network
            prepared = await asyncio.to_thread(_prepared, binding, request, secrets)
        settings, parameters, named = prepared
        call = Call(
            session=self._sessions[0],
            named_session=self._sessions[1],
            named=named,
            settings=settings,
            redaction=Redaction(secrets.values),
            action_ref=request.action_ref,
            idempotency_key=request.idempotency_key,
            execution_id=request.execution_id,
            step_id=request.step_id,
            attempt=request.attempt,
            timeout_seconds=timeout_seconds,
            traceparent=request.traceparent,
        )
        output: Any = await binding.connector.run(call, parameters)
        return output.model_dump() if isinstance(output, ActionOutput) else output


def _prepared(
    binding: Binding, request: ActionRequest, secrets: Secrets
) -> tuple[ConnectorSettings, ActionParameters, frozenset[str]]:
    """Return settings and parameters with their secrets, and the origins that are named."""
    settings = binding.settings_now(secrets.read)
    for key in binding.connector.secrets:
        if isinstance(value := getattr(settings, key), str):
            secrets.remember(key, value)
    parameters = binding.parameters_now(request.parameters, request.secrets, secrets.read)
    return settings, parameters, binding.named(secrets.read)


def _configured(
    configuration: Path | Mapping[str, Any] | None, connectors: actions_file.Connectors
) -> dict[str, Binding]:
    if isinstance(configuration, Path):
        return actions_file.read(configuration, connectors)
    bound, problems = actions_file.bindings(configuration, connectors)
    if problems:
        raise ActionsFileError(problem.message for problem in problems)
    return bound


def _require_numbers(binding: Binding, parameters: dict[str, Any]) -> None:
    """Refuse what JSON on the way out could not hold; Python's integers have no end."""
    try:
        orjson.dumps(parameters)
    except TypeError as error:
        raise InvalidParameters(binding.ref, [f"cannot be sent as JSON: {error}"]) from None


def _log_unexpected(
    binding: Binding, request: ActionRequest, error: Exception, redaction: Redaction
) -> None:
    # Not with its traceback: that would show the message as it is, secrets and all.
    frames = extract_tb(error.__traceback__)
    log.error(
        "connector failed unexpectedly",
        action_ref=binding.ref,
        connector=binding.connector.name,
        execution_id=request.execution_id,
        step_id=request.step_id,
        error=redaction.text(f"{type(error).__name__}: {error}"),
        where=[f"{frame.filename}:{frame.lineno}" for frame in frames[-3:]],
    )
