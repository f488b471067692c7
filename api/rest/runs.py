"""Runs: start a playbook by hand.

A command is sent, and the answer waits until the table shows what came of it, so that who
asks reads its own write. Refused by the engine is refused here.
"""

import re
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.rest.answers.executions import RunStarted
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, conflict, invalid, unknown
from api.rest.route import KIB, Route
from engine import parameters
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
    named = execution_id(playbook_id, _identity(call))
    # Before anything is judged: a repetition is answered as the first time, even if the
    # playbook is another one by now.
    if (known := call.parts.table.execution(named)) is not None:
        return _started(call, known)
    published = call.parts.registry.current(playbook_id)
    if published is None:
        raise unknown("playbook", playbook_id)
    if found := parameters.problems(published.definition, call.body.parameters):
        raise invalid("parameters", found)
    return await _start(call, published, named)


async def _start(
    call: Call[NoQuery, RunRequest], published: PlaybookPublished, named: str
) -> Answer:
    asked = call.body
    command = StartExecution(
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
    await call.parts.commands.send_start(command, published.definition.trigger)
    table = call.parts.table

    def outcome() -> Execution | Rejection | None:
        if (execution := table.execution(named)) is not None:
            return execution
        rejection = table.rejection(command.id)
        # Another request with the same key was first: its execution is on its way.
        return None if rejection is None or rejection.code == "already_started" else rejection

    match await table.wait(outcome, WAIT_SECONDS):
        case Rejection() as rejection:
            raise conflict(rejection.code, rejection.reason)
        case Execution() as execution:
            return _started(call, execution)
    pending = RunStarted(
        execution_id=named,
        playbook_id=published.playbook_id,
        status=Status.PENDING,
        started_at=None,
    )
    return answer(pending, 202, {"Location": _location(named)})


def _started(call: Call[NoQuery, RunRequest], execution: Execution) -> Answer:
    """Tell of an execution as its start left it, so that each repetition is told the same."""
    asked = call.body
    then = (execution.parameters, execution.target_asset_id, execution.dry_run)
    if then != (asked.parameters, asked.target_asset_id, asked.dry_run):
        raise ApiError(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key came with another body before: use a new key",
        )
    at_first = call.parts.table.execution_as_of(execution.id, execution.started_at) or execution
    told = RunStarted(
        execution_id=execution.id,
        playbook_id=execution.playbook_id,
        status=at_first.status,
        started_at=execution.started_at,
    )
    return answer(told, headers={"Location": _location(execution.id)})


def _identity(call: Call[Any, Any]) -> str:
    said = call.request.headers.get("Idempotency-Key")
    if said is None:
        return run_identity(call.key.id, str(uuid4()))
    found = _REPETITION_KEY.fullmatch(said.strip())
    if found is None:
        raise ApiError(
            400,
            "invalid_header",
            "Idempotency-Key must be 1 to 255 visible ASCII characters, for example a UUID",
        )
    return run_identity(call.key.id, found[1])


def _location(execution_id: str) -> str:
    return f"/api/playbooks/executions/{execution_id}"


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
        answer_headers=("Location",),
    ),
)
