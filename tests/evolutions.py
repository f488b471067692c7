"""What an event says, and what must then be true of the execution: the fold, told twice.

The engine's ``evolve`` says how a state changes; here stands, event by event, what is seen of
it afterwards. Whoever checks the engine folds with ``followed``, which tells every difference.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from engine import evolution
from engine.identities import event_id
from schemas.events import Event
from schemas.executions import ENDED, UNDER_WAY, Execution, Status, StepRun, StepStatus
from tests.invariants import violations

STATUSES = {
    "StepStarted": StepStatus.RUNNING,
    "StepWaiting": StepStatus.WAITING,
    "ApprovalRecorded": StepStatus.WAITING,
    "StepRetryScheduled": StepStatus.RUNNING,
    "StepCompleted": StepStatus.COMPLETED,
    "StepFailed": StepStatus.FAILED,
    "StepSkipped": StepStatus.SKIPPED,
    "StepCancelled": StepStatus.CANCELLED,
}
"""Of a step, after each event about it."""

ENDINGS = {
    "ExecutionCompleted": Status.COMPLETED,
    "ExecutionFailed": Status.FAILED,
    "ExecutionCancelled": Status.CANCELLED,
}
"""Of the execution, after each event that ends it."""

SAME = {
    "StepStarted": "visit attempt frame action_ref child_id input secrets timeout_at",
    "StepRetryScheduled": "visit attempt retry_at",
    "StepCompleted": "visit attempt output output_truncated held",
    "StepFailed": "visit attempt held",
    "StepCancelled": "visit",
}
"""Names under which an event and its step say the same."""

ORIGIN = (
    "playbook_id playbook_version playbook_revision playbook_name trigger event parameters "
    "target_asset_id by dry_run traceparent depth parent rerun_of undoing admitted"
)
"""Names under which the first event and the execution say the same."""

REPORTED = frozenset({"StepCompleted", "StepFailed", "StepCancelled"})


def followed(
    before: Execution | None, happened: Sequence[Event]
) -> tuple[Execution | None, list[str]]:
    """Return the execution after the events of one decision, and what is wrong with them."""
    execution, wrong = before, []
    for event in happened:
        wrong += _out_of_order(execution, event)
        after = evolution.evolve(execution, event)
        wrong += misfolded(execution, event, after)
        execution = after
    if execution is not None and happened:
        wrong += violations(execution)
    return execution, wrong


def misfolded(before: Execution | None, event: Event, after: Execution) -> Iterator[str]:
    """Yield where the execution says otherwise than the event that has just happened to it."""
    if (after.sequence, after.changed_at, after.id) != (
        event.sequence,
        event.at,
        event.execution_id,
    ):
        yield f"the execution stands at {after.sequence}, not at {event.sequence}"
    if event.type in ("ExecutionQueued", "ExecutionStarted"):
        yield from _misbegun(event, after)
    elif before is None:
        yield f"{event.type} came first"
    elif event.type.startswith("Execution"):
        yield from _misled(before, event, after)
    else:
        yield from _missaid(event, after.steps[event.step_id], before.steps[event.step_id])
        yield from _touched(before, after, but=event.step_id)
        for scope, values in getattr(event, "variables", {}).items():
            if after.variables[scope] != before.variables.get(scope, {}) | values:
                yield f"{scope} holds {after.variables[scope]} after {values}"


def _out_of_order(before: Execution | None, event: Event) -> Iterator[str]:
    number = 1 if before is None else before.sequence + 1
    if event.sequence != number or event.id != event_id(event.execution_id, number):
        yield f"{event.type} has the number {event.sequence}, not {number}, or another's id"
    if before is not None and before.status in ENDED:
        yield f"{event.type} comes after the end"
    if before is not None and event.at < before.changed_at:
        yield f"{event.type} happens before what was before it"


def _misbegun(event: Any, after: Execution) -> Iterator[str]:
    yield from _differences(event, after, ORIGIN)
    queued = event.type == "ExecutionQueued"
    expected = Status.PENDING if queued else Status.RUNNING
    if after.status is not expected or after.started_at != event.at:
        yield f"the execution is {after.status} after {event.type}"
    if after.timeout_at != (None if queued else event.timeout_at):
        yield f"the execution is given up at {after.timeout_at}"
    kept = {run.id: run.output for run in after.steps.values() if run.kept is True}
    if kept | after.kept != event.kept:
        yield f"{kept} and {after.kept} are kept of {event.kept}"
    for step in event.steps:
        run = after.steps[step.id]
        if (run.name, run.type) != (step.name, step.type):
            yield f"step {step.id} is called {run.name}"
        if run.status is not (StepStatus.COMPLETED if run.kept else StepStatus.PENDING):
            yield f"step {step.id} is {run.status} before it was reached"


def _misled(before: Execution, event: Any, after: Execution) -> Iterator[str]:
    """Yield where an event about the whole execution is not what became of it."""
    if after.paused is not (event.type == "ExecutionPaused"):
        yield f"paused is {after.paused} after {event.type}"
    if event.type in ENDINGS:
        said = event.reason if event.type == "ExecutionFailed" else getattr(event, "note", None)
        if after.status is not ENDINGS[event.type] or after.completed_at != event.at:
            yield f"the execution is {after.status} after {event.type}"
        if (after.reason, after.timeout_at) != (said or None, None):
            yield f"the reason of the end is {after.reason!r}, its timeout {after.timeout_at}"
    yield from _touched(before, after)
    held = [run.id for run in after.steps.values() if run.held is not None]
    if held and not after.paused:
        yield f"{held} are held after {event.type}"


def _missaid(event: Any, run: StepRun, before: StepRun) -> Iterator[str]:
    """Yield where an event about a step is not what became of the step."""
    if run.status is not STATUSES[event.type]:
        yield f"step {run.id} is {run.status} after {event.type}"
    yield from _differences(event, run, SAME.get(event.type, ""))
    if event.type in ("StepFailed", "StepRetryScheduled") and run.error != event.error.model_dump():
        yield f"step {run.id} has the error {run.error}"
    if event.type in REPORTED and run.completed_at != event.at:
        yield f"step {run.id} has ended at {run.completed_at}"
    if event.type == "StepStarted":
        begun = event.at if event.attempt == 1 else before.started_at
        if run.started_at != begun or run.waiting is not None or run.retry_at is not None:
            yield f"step {run.id} has not begun anew: {run}"
        result = (run.output, run.error, run.completed_at, run.output_truncated, run.kept)
        if event.attempt == 1 and result != (None, None, None, False, False):
            yield f"step {run.id} has the result of an earlier visit"
    yield from _misawaited(event, run, before)
    at_rest = (run.timeout_at, run.retry_at, run.secrets) == (None, None, {})
    if run.status not in UNDER_WAY and not at_rest:
        yield f"step {run.id} has ended, but something may still come: {run}"


def _misawaited(event: Any, run: StepRun, before: StepRun) -> Iterator[str]:
    """Yield where a step does not wait for what the event says."""
    if event.type == "StepRetryScheduled" and run.timeout_at is not None:
        yield f"step {run.id} may time out while no attempt is running"
    if event.type == "StepWaiting":
        asked = "reason due_at message approvers required"
        yield from _differences(event, run.waiting, asked)
        kept = None if event.reason == "outcome_unknown" else before.timeout_at
        requested_at = None if run.waiting is None else run.waiting.requested_at
        if (requested_at, run.timeout_at) != (event.at, kept):
            yield f"step {run.id} waits since {requested_at}, until {run.timeout_at}"
    if event.type == "ApprovalRecorded":
        vote = run.waiting.votes[-1] if run.waiting and run.waiting.votes else None
        yield from _differences(event, vote, "by at approved note")


def _touched(before: Execution, after: Execution, but: str | None = None) -> Iterator[str]:
    """Yield the steps that an event about something else has changed.

    Where a pause held them is forgotten with the step around them, so that may change.
    """
    for step_id, run in after.steps.items():
        old = before.steps[step_id]
        if run is not old and step_id != but:
            said = {**run.__dict__, "held": None}
            if said != {**old.__dict__, "held": None} or run.held is not None:
                yield f"step {step_id} has changed, though nothing happened to it"


def _differences(event: object, seen: object, names: str) -> Iterator[str]:
    for name in names.split():
        if getattr(seen, name, None) != getattr(event, name):
            yield f"{name} is {getattr(seen, name, None)!r} after {getattr(event, name)!r}"
