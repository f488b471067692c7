"""Runs: start a playbook by hand.

A command is sent, and the answer waits until the table shows what came of it, so that who
asks reads its own write. Refused by the engine is refused here. What a rerun
(``api/rest/reruns.py``) has in common with a run stands here.
"""

import re
from collections.abc import Awaitable
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.rest.answers.executions import RunStarted
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, conflict, invalid, unknown
from api.rest.freshness import TABLE_HEADERS, table_headers
from api.rest.route import KIB, Route
from engine import parameters
from engine.consequences import STARTED_BEFORE
from engine.identities import run_identity
from engine.triggers import execution_id
from schemas.commands import Rejection, StartExecution
from schemas.executions import Execution, Status
from schemas.messages import JsonObject
from schemas.playbooks import PlaybookPublished

WAIT_SECONDS = 5.0
"""How long an answer waits for the table to show what a command caused."""

_REPETITION_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


class RunRequest(BaseModel):
    """How to run: what parameters stand in for the playbook's defaults, and for which asset."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    target_asset_id: str | None = Field(default=None, min_length=1, max_length=512)
    parameters: JsonObject = Field(default_factory=dict)
    dry_run: bool = False


async def run_playbook(call: Call[NoQuery, RunRequest]) -> Answer:
    """Start an execution of the current version; with ``Idempotency-Key``, at most once."""
    playbook_id = call.named("playbook_id")
    named = execution_id(playbook_id, run_identity(call.key.id, repetition_key(call)))
    # Before anything is judged: a repetition is answered as the first time, even if the
    # playbook is another one by now.
    if (known := call.parts.table.execution(named)) is not None:
        return _answered(call, known)
    published = call.parts.registry.current(playbook_id)
    if published is None:
        raise unknown("playbook", playbook_id)
    if found := parameters.problems(published.definition, call.body.parameters):
        raise invalid("parameters", found)
    command = _command(call, published, named)
    sending = call.parts.commands.send_start(command, published.definition.trigger)
    execution = await started(call, command, sending)
    if execution is None:
        return started_answer(call, pending(command))
    return _answered(call, execution)


def repetition_key(call: Call[Any, Any]) -> str:
    """Return the ``Idempotency-Key`` of a request, one of its own when it has none.

    ApiError 400: it is not of the form that a key has.
    """
    said = call.request.headers.get("Idempotency-Key")
    if said is None:
        return str(uuid4())
    found = _REPETITION_KEY.fullmatch(said.strip())
    if found is None:
        raise ApiError(
            400,
            "invalid_header",
            "Idempotency-Key must be 1 to 255 visible ASCII characters, for example a UUID",
        )
    return found[1]


async def started(
    call: Call[Any, Any], command: StartExecution, sending: Awaitable[None]
) -> Execution | None:
    """Send a start and return the execution once the table shows it; None: not within the time.

    ApiError 409: the engine refuses it. BrokerAway.
    """
    await sending
    table = call.parts.table

    def outcome() -> Execution | Rejection | None:
        if (execution := table.execution(command.execution_id)) is not None:
            return execution
        rejection = table.rejection(command.id)
        # Another request with the same key was first: its execution is on its way.
        is_second = rejection is not None and rejection.code in STARTED_BEFORE
        return None if is_second else rejection

    happened: Execution | Rejection | None = await table.wait(outcome, WAIT_SECONDS)
    if isinstance(happened, Rejection):
        raise conflict(happened.code, happened.reason)
    return happened


def at_first(call: Call[Any, Any], execution: Execution) -> Execution:
    """Return an execution as it came to be, so that each repetition is told the same."""
    events = call.parts.table.events(execution.id)
    # Not when it started: one that had to wait for a place was told to be pending.
    at = datetime.fromisoformat(events[0]["at"]) if events else execution.started_at
    then = call.parts.table.execution_as_of(execution.id, at)
    return execution if then is None else then


def key_reused() -> ApiError:
    """Return the 422 for a key that came before, with another body."""
    return ApiError(
        422,
        "idempotency_key_reused",
        "this Idempotency-Key came with another body before: use a new key",
    )


def pending(command: StartExecution) -> RunStarted:
    """Return what is told of an execution that the table does not show yet."""
    return RunStarted(
        execution_id=command.execution_id,
        playbook_id=command.playbook_id,
        status=Status.PENDING,
        started_at=None,
    )


def run_started(execution: Execution) -> RunStarted:
    """Return what is told of an execution that has started."""
    return RunStarted(
        execution_id=execution.id,
        playbook_id=execution.playbook_id,
        status=execution.status,
        started_at=execution.started_at,
    )


def started_answer(call: Call[Any, Any], told: RunStarted) -> Answer:
    """Return the answer that tells of a start: 200, or 202 while the table does not show it."""
    status = 202 if told.started_at is None else 200
    location = f"/api/playbooks/executions/{told.execution_id}"
    return answer(told, status, table_headers(call) | {"Location": location})


def _command(
    call: Call[NoQuery, RunRequest], published: PlaybookPublished, named: str
) -> StartExecution:
    asked = call.body
    return StartExecution(
        id=str(uuid4()),
        execution_id=named,
        at=call.at,
        playbook_id=published.playbook_id,
        playbook_revision=published.revision,
        trigger="manual",
        parameters=asked.parameters,
        target_asset_id=asked.target_asset_id,
        by=call.key.name,
        dry_run=asked.dry_run,
        traceparent=call.traceparent,
    )


def _answered(call: Call[NoQuery, RunRequest], execution: Execution) -> Answer:
    asked = call.body
    then = (execution.parameters, execution.target_asset_id, execution.dry_run)
    if then != (asked.parameters, asked.target_asset_id, asked.dry_run):
        raise key_reused()
    return started_answer(call, run_started(at_first(call, execution)))


ROUTES = (
    Route(
        "POST",
        "/api/playbooks/{playbook_id}/run",
        run_playbook,
        "Run a playbook",
        scope="write:playbooks",
        request=RunRequest,
        body_required=False,
        bytes_max=256 * KIB,
        answer=RunStarted,
        statuses=(200, 202),
        errors=(404, 409),
        request_headers=("Idempotency-Key",),
        answer_headers=("Location", *TABLE_HEADERS),
    ),
)
