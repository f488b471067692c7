"""Controls: stop, pause and resume an execution, and decide a step that waits for people.

Each sends a command and waits until the table shows what came of it, so that who asks reads
its own write. Refused by the engine is refused here.
"""

from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, conflict, unknown
from api.rest.freshness import TABLE_HEADERS, table_headers
from api.rest.route import Route
from api.rest.runs import WAIT_SECONDS
from schemas.commands import (
    CancelExecution,
    PauseExecution,
    Rejection,
    ResolveApproval,
    ResumeExecution,
)
from streams.table import summaries

_NOT_THEIRS = frozenset({"not_an_approver"})
"""Refusals that are about who asks: 403, not 409."""

Control = CancelExecution | PauseExecution | ResumeExecution | ResolveApproval


class NoteRequest(BaseModel):
    """Why. The note is recorded with who asked."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    note: str = Field(default="", max_length=4096)


class CancelRequest(NoteRequest):
    """Why it is stopped. undo: also take back what its actions did, the last one first."""

    undo: bool = False


class DecisionRequest(NoteRequest):
    """Why. output: what the step gives, of work that people did."""

    output: Any = None


async def cancel_execution(call: Call[NoQuery, CancelRequest]) -> Answer:
    """Stop an execution."""
    asked = call.body
    return await _ordered(call, CancelExecution(**_order(call), note=asked.note, undo=asked.undo))


async def pause_execution(call: Call[NoQuery, NoteRequest]) -> Answer:
    """Let an execution start no further step until it is resumed."""
    return await _ordered(call, PauseExecution(**_order(call), note=call.body.note))


async def resume_execution(call: Call[NoQuery, NoteRequest]) -> Answer:
    """Let a paused execution go on."""
    return await _ordered(call, ResumeExecution(**_order(call), note=call.body.note))


async def approve_step(call: Call[NoQuery, DecisionRequest]) -> Answer:
    """Say yes to a step that waits for it."""
    return await _decided(call, approved=True)


async def reject_step(call: Call[NoQuery, DecisionRequest]) -> Answer:
    """Say no to a step that waits for approval."""
    return await _decided(call, approved=False)


async def _decided(call: Call[NoQuery, DecisionRequest], *, approved: bool) -> Answer:
    asked, step_id = call.body, call.named("step_id")
    execution = call.parts.table.execution(call.named("execution_id"))
    if execution is None:
        raise unknown("execution", call.named("execution_id"))
    if step_id not in execution.steps:
        raise unknown("step", step_id)
    decision = ResolveApproval(
        **_order(call),
        step_id=step_id,
        # Of the visit that is seen: told twice, it must not decide the next round of a loop.
        visit=execution.steps[step_id].visit,
        approved=approved,
        note=asked.note,
        output=asked.output,
    )
    return await _ordered(call, decision)


def _order(call: Call[NoQuery, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "execution_id": call.named("execution_id"),
        "at": call.at,
        "by": call.key.name,
    }


async def _ordered(call: Call[NoQuery, Any], command: Control) -> Answer:
    """Send a command to an execution and answer with the execution as it leaves it."""
    named, table = command.execution_id, call.parts.table
    if table.execution(named) is None:
        raise unknown("execution", named)
    await call.parts.commands.send(command)

    def outcome() -> Rejection | bool | None:
        if (rejection := table.rejection(command.id)) is not None:
            return rejection
        causes = {event["command_id"] for event in table.events(named)}
        return True if command.id in causes else None

    happened = await table.wait(outcome, WAIT_SECONDS)
    if isinstance(happened, Rejection):
        if happened.code in _NOT_THEIRS:
            raise ApiError(403, happened.code, happened.reason)
        raise conflict(happened.code, happened.reason)
    execution = table.execution(named)
    if execution is None:
        raise unknown("execution", named)
    status = 202 if happened is None else 200
    return answer(summaries.summary(execution), status, table_headers(call))


def _control(path: str, handler: Any, summary: str, request: type[BaseModel]) -> Route:
    return Route(
        "POST",
        f"/api/playbooks/executions/{{execution_id}}{path}",
        handler,
        summary,
        scope="write:playbooks",
        request=request,
        body_required=False,
        answer=summaries.ExecutionShown,
        statuses=(200, 202),
        errors=(403, 404, 409),
        answer_headers=TABLE_HEADERS,
    )


ROUTES = (
    _control("/cancel", cancel_execution, "Stop an execution", CancelRequest),
    _control("/pause", pause_execution, "Pause an execution", NoteRequest),
    _control("/resume", resume_execution, "Resume an execution", NoteRequest),
    _control("/steps/{step_id}/approve", approve_step, "Approve a step", DecisionRequest),
    _control("/steps/{step_id}/reject", reject_step, "Reject a step", DecisionRequest),
)
