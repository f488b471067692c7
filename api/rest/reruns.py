"""Reruns: a further execution of what has ended, from its start or from the step that failed.

It is of the same revision, event and asset. ``engine/reruns.py`` says what is run again.
"""

from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.rest import runs
from api.rest.answers.executions import RerunStarted, RunStarted
from api.rest.calls import Answer, Call, NoQuery
from api.rest.errors import conflict, invalid, unknown
from api.rest.freshness import TABLE_HEADERS
from api.rest.route import KIB, Route
from engine import parameters
from engine.identities import run_identity
from engine.reruns import Refusal, Rerun, rerun
from engine.triggers import execution_id
from schemas.commands import StartExecution
from schemas.executions import Execution
from schemas.messages import JsonObject


class RerunRequest(BaseModel):
    """How to run again.

    from: the step that ``failed``, or the ``start``. parameters: they stand in for those of the
    same name of the execution that is run again; its others stay.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    from_: Literal["failed", "start"] = Field(default="failed", alias="from")
    parameters: JsonObject = Field(default_factory=dict)


async def rerun_execution(call: Call[NoQuery, RerunRequest]) -> Answer:
    """Run again what has ended, from the step that failed or from the start.

    With ``Idempotency-Key``, at most once.
    """
    first = _first(call)
    identity = run_identity(call.key.id, runs.repetition_key(call), first.id)
    named = execution_id(first.playbook_id, identity)
    # Before anything is judged, as with a run.
    if (known := call.parts.table.execution(named)) is not None:
        return _answered(call, first, known)
    graph = call.parts.registry.graph(first.playbook_id, first.playbook_revision)
    found = rerun(first, graph, from_start=call.body.from_ == "start")
    if isinstance(found, Refusal):
        raise conflict(found.code, found.reason)
    command = _command(call, first, found, named)
    execution = await runs.started(call, command, _send(call, command))
    if execution is None:
        return _told(call, first, runs.pending(command))
    return _answered(call, first, execution)


def _first(call: Call[NoQuery, RerunRequest]) -> Execution:
    """Return the execution that is to be run again."""
    execution = call.parts.table.execution(call.named("execution_id"))
    if execution is None:
        raise unknown("execution", call.named("execution_id"))
    return execution


def _command(
    call: Call[NoQuery, RerunRequest], first: Execution, found: Rerun, named: str
) -> StartExecution:
    """Return what starts the rerun. ApiError 422: the playbook takes no such parameters."""
    published = call.parts.registry.revision(first.playbook_id, first.playbook_revision)
    given = first.parameters | call.body.parameters
    wrong = [] if published is None else parameters.problems(published.definition, given)
    # Those of the first one are as they are: a playbook step may have given them.
    if wrong and call.body.parameters:
        raise invalid("parameters", wrong)
    return StartExecution(
        id=str(uuid4()),
        execution_id=named,
        at=call.at,
        playbook_id=first.playbook_id,
        playbook_revision=first.playbook_revision,
        trigger=first.trigger,
        event=first.event,
        parameters=given,
        target_asset_id=first.target_asset_id,
        by=call.key.name,
        dry_run=first.dry_run,
        traceparent=call.traceparent,
        depth=first.depth,
        rerun_of=first.id,
        **found._asdict(),
    )


async def _send(call: Call[NoQuery, RerunRequest], command: StartExecution) -> None:
    """Send the start, by way of where its playbook counts what runs. ApiError 409: it is gone."""
    commands = call.parts.commands
    if command.undoing is not None:
        # It needs no place, and what was done must be taken back though its playbook is gone.
        await commands.send(command)
        return
    current = call.parts.registry.current(command.playbook_id)
    if current is None:
        raise conflict(
            "playbook_deleted",
            f"playbook {command.playbook_id} has been deleted: create it again first",
        )
    await commands.send_start(command, current.definition.trigger)


def _answered(call: Call[NoQuery, RerunRequest], first: Execution, execution: Execution) -> Answer:
    begun = call.parts.table.events(execution.id)[0]
    is_from_start = begun.get("from_step") is None
    asked = (call.body.from_ == "start", first.parameters | call.body.parameters)
    if (is_from_start, execution.parameters) != asked:
        raise runs.key_reused()
    return _told(call, first, runs.run_started(runs.at_first(call, execution)))


def _told(call: Call[NoQuery, RerunRequest], first: Execution, started: RunStarted) -> Answer:
    facts: dict[str, Any] = started.model_dump()
    return runs.started_answer(call, RerunStarted(**facts, rerun_of=first.id))


ROUTES = (
    Route(
        "POST",
        "/api/playbooks/executions/{execution_id}/rerun",
        rerun_execution,
        "Run an execution again",
        scope="write:playbooks",
        request=RerunRequest,
        body_required=False,
        bytes_max=256 * KIB,
        answer=RerunStarted,
        statuses=(200, 202),
        errors=(404, 409),
        request_headers=("Idempotency-Key",),
        answer_headers=("Location", *TABLE_HEADERS),
    ),
)
