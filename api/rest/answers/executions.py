"""Executions and their steps as they are answered.

What is made for every row of a list is a typed dictionary and no model: all of it has been
judged when it came, and to judge it again takes longer than to read it.
"""

from typing import Any, NotRequired

from pydantic import BaseModel
from typing_extensions import TypedDict

from engine.progress import progress
from schemas.commands import StepError
from schemas.executions import Execution, Status, StepRun, StepStatus, Waiting
from schemas.messages import Instant, JsonObject
from streams.table.rows import subject


class RunStarted(BaseModel):
    """What a run is answered with. started_at: null while the execution is ``pending``."""

    execution_id: str
    playbook_id: str
    status: Status
    started_at: Instant | None


class RerunStarted(RunStarted):
    """What a rerun is answered with."""

    rerun_of: str


class ExecutionShown(TypedDict):
    """An execution.

    current_step: the one under way longest, null when none is. duration_seconds: whole
    seconds, null until it has ended. by: who asked for it. reason: why it failed, or the note
    of who cancelled it. sequence: the number of its latest event. variables: of an imported
    playbook, as its steps have assigned them.
    """

    execution_id: str
    playbook_id: str
    playbook_name: str
    status: Status
    current_step: str | None
    steps_completed: int
    steps_total: int
    started_at: Instant | None
    completed_at: Instant | None
    duration_seconds: int | None
    steps_failed: int
    current_steps: list[str]
    playbook_version: str
    playbook_revision: str
    trigger: str
    by: str
    finding_id: str | None
    asset_id: str | None
    parameters: JsonObject
    dry_run: bool
    reason: str | None
    timeout_at: Instant | None
    sequence: int
    rerun_of: str | None
    undo_of: str | None
    parent_execution_id: str | None
    variables: NotRequired[dict[str, str]]


class WaitingShown(TypedDict):
    """What a step waits for, or waited for.

    reason: ``delay``, ``approval`` or ``outcome_unknown``. granted: who has agreed so far.
    """

    reason: str
    requested_at: Instant
    expires_at: Instant | None
    message: str
    approvers: list[str]
    required: int
    granted: list[JsonObject]


class StepShown(TypedDict):
    """A step within an execution. attempts: 0 until the flow comes to it.

    input: the rendered parameters; a secret stands there as its reference.
    """

    step_id: str
    step_name: str
    type: str
    status: StepStatus
    output: Any
    started_at: Instant | None
    completed_at: Instant | None
    input: Any
    attempts: int
    visits: int
    error: StepError | None
    retry_at: Instant | None
    output_truncated: bool
    waiting: WaitingShown | None


def execution(known: Execution) -> ExecutionShown:
    """Return an execution as it is answered."""
    done = progress(known)
    finding_id, asset_id = subject(known)
    shown = ExecutionShown(
        execution_id=known.id,
        playbook_id=known.playbook_id,
        playbook_name=known.playbook_name,
        status=known.status,
        current_step=next(iter(done.current_steps), None),
        steps_completed=done.steps_completed,
        steps_total=done.steps_total,
        started_at=None if known.status is Status.PENDING else known.started_at,
        completed_at=known.completed_at,
        duration_seconds=_duration_seconds(known),
        steps_failed=done.steps_failed,
        current_steps=list(done.current_steps),
        playbook_version=known.playbook_version,
        playbook_revision=known.playbook_revision,
        trigger=known.trigger,
        by=known.by,
        finding_id=finding_id,
        asset_id=asset_id,
        parameters=known.parameters,
        dry_run=known.dry_run,
        reason=known.reason,
        timeout_at=known.timeout_at,
        sequence=known.sequence,
        rerun_of=known.rerun_of,
        undo_of=None if known.undoing is None else known.undoing.execution_id,
        parent_execution_id=None if known.parent is None else known.parent.execution_id,
    )
    if variables := known.variables.get("", {}):
        shown["variables"] = variables
    return shown


def steps(known: Execution) -> list[StepShown]:
    """Return the steps of an execution as they are answered."""
    return [step(run) for run in known.steps.values()]


def step(run: StepRun) -> StepShown:
    """Return a step as it is answered."""
    return StepShown(
        step_id=run.id,
        step_name=run.name,
        type=run.type,
        status=run.status,
        output=run.output,
        started_at=run.started_at,
        completed_at=run.completed_at,
        input=run.input,
        attempts=run.attempt,
        visits=run.visit,
        error=None if run.error is None else StepError.model_validate(run.error),
        retry_at=run.retry_at,
        output_truncated=run.output_truncated,
        waiting=None if run.waiting is None else waiting(run.waiting),
    )


def waiting(known: Waiting) -> WaitingShown:
    """Return what a step waits for as it is answered."""
    return WaitingShown(
        reason=known.reason,
        requested_at=known.requested_at,
        expires_at=known.due_at,
        message=known.message,
        approvers=list(known.approvers),
        required=known.required,
        granted=[
            {"by": vote.by, "at": vote.at.isoformat().replace("+00:00", "Z"), "note": vote.note}
            for vote in known.votes
            if vote.approved
        ],
    )


def _duration_seconds(known: Execution) -> int | None:
    if known.completed_at is None:
        return None
    return int((known.completed_at - known.started_at).total_seconds())
