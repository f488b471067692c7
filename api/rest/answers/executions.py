"""The steps of executions, and starts, as they are answered; ``streams/table/summaries.py`` has
the executions.

What is made for every step is a typed dictionary and no model: all of it has been
judged when it came, and to judge it again takes longer than to read it.
"""

from typing import Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from schemas.commands import StepError
from schemas.executions import Execution, Status, StepRun, StepStatus, Waiting
from schemas.messages import Instant, JsonObject


class RunStarted(BaseModel):
    """What a run is answered with. started_at: null while the execution is ``pending``."""

    execution_id: str
    playbook_id: str
    status: Status
    started_at: Instant | None


class RerunStarted(RunStarted):
    """What a rerun is answered with."""

    rerun_of: str


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
