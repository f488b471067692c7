"""What events change: the one fold of the product.

The execution agent, the table, replay, ``verify`` and time travel all use this
``evolve``. It holds no rule: an event has happened, whatever one thinks of it.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import attrgetter
from typing import Any

from engine import frames
from engine.states import changed, made
from engine.step_runs import StepEvent, step_changes
from schemas import events
from schemas.events import Event
from schemas.executions import (
    CONTAINERS,
    ENDED,
    UNDER_WAY,
    Execution,
    Status,
    StepRun,
    StepStatus,
)

_BEGINS = (events.ExecutionStarted, events.ExecutionQueued)


def fold(execution: Execution | None, history: Iterable[Event]) -> Execution | None:
    """Return ``execution`` as it stands after every event of ``history``, in order."""
    return reduce(evolve, history, execution)


def evolve(execution: Execution | None, event: Event) -> Execution:
    """Return ``execution`` as it stands after ``event``."""
    if isinstance(event, _BEGINS):
        return _begun(event)
    if execution is None:
        raise ValueError(
            f"event {event.sequence} of {event.execution_id} came first: "
            "an execution begins with ExecutionStarted or ExecutionQueued"
        )
    match event:
        case events.ExecutionPaused():
            return _moved(execution, event, paused=True, status=Status.PAUSED)
        case events.ExecutionResumed():
            return _resumed(execution, event)
        case events.ExecutionCompleted():
            return _ended(execution, event, Status.COMPLETED, None)
        case events.ExecutionFailed():
            return _ended(execution, event, Status.FAILED, event.reason)
        case events.ExecutionCancelled():
            return _ended(execution, event, Status.CANCELLED, event.note or None)
        case _:
            return _with_step(execution, event)


def _begun(event: events.ExecutionStarted | events.ExecutionQueued) -> Execution:
    starts = isinstance(event, events.ExecutionStarted)
    steps = {
        each.id: made(StepRun, {"id": each.id, "name": each.name, "type": each.type, "secrets": {}})
        for each in event.steps
    }
    for step_id in event.kept.keys() & steps.keys():
        kept = {"status": StepStatus.COMPLETED, "output": event.kept[step_id], "kept": True}
        steps[step_id] = changed(steps[step_id], kept)
    said = {
        "id": event.execution_id,
        "playbook_id": event.playbook_id,
        "playbook_version": event.playbook_version,
        "playbook_revision": event.playbook_revision,
        "playbook_name": event.playbook_name,
        "status": Status.RUNNING if starts else Status.PENDING,
        "sequence": event.sequence,
        "started_at": event.at,
        "changed_at": event.at,
        "steps": steps,
        "trigger": event.trigger,
        "event": event.event,
        "parameters": event.parameters,
        "target_asset_id": event.target_asset_id,
        "by": event.by,
        "dry_run": event.dry_run,
        "timeout_at": event.timeout_at if isinstance(event, events.ExecutionStarted) else None,
        "traceparent": event.traceparent,
        "depth": event.depth,
        "parent": event.parent,
        "rerun_of": event.rerun_of,
        "undoing": event.undoing,
        "kept": {step_id: each for step_id, each in event.kept.items() if step_id not in steps},
        "admitted": event.admitted,
        "variables": {"": event.variables} if event.variables else {},
    }
    return made(Execution, {name: value for name, value in said.items() if value is not None})


def _moved(execution: Execution, event: Any, **changes: Any) -> Execution:
    changes["sequence"] = event.sequence
    changes["changed_at"] = event.at
    return changed(execution, changes)


def _with_step(execution: Execution, event: StepEvent) -> Execution:
    before = execution.steps[event.step_id]
    run = changed(before, step_changes(before, event))
    steps = {**execution.steps, run.id: run}
    if run.type in CONTAINERS and (run.status not in UNDER_WAY or run.retry_at is not None):
        _let_go(steps, before)
    changes: dict[str, Any] = {"steps": steps, "status": _status(execution, steps, run)}
    if isinstance(event, events.StepStarted) and event.attempt == 1:
        changes["visits"] = execution.visits + 1
    variables = execution.variables
    if variables or (isinstance(event, events.StepCompleted) and event.variables):
        changes["variables"] = _variables(variables, event, run)
    return _moved(execution, event, **changes)


def _variables(
    before: dict[str, dict[str, str]], event: StepEvent, run: StepRun
) -> dict[str, dict[str, str]]:
    """Return the variables with what a step assigns, without those of a step that has ended."""
    assigned = event.variables if isinstance(event, events.StepCompleted) else {}
    if run.type in CONTAINERS and run.status not in UNDER_WAY:
        own = frames.prefix(run)
        before = {scope: values for scope, values in before.items() if scope != own}
    return {**before, **{s: before.get(s, {}) | values for s, values in assigned.items()}}


def _let_go(steps: dict[str, StepRun], opener: StepRun) -> None:
    """Forget where a pause held the flow in the frames of an attempt that has ended."""
    within = frames.prefix(opener)
    for run in list(steps.values()):
        if run.held is not None and run.frame.startswith(within):
            steps[run.id] = changed(run, {"held": None})


_status_of: Callable[[StepRun], StepStatus] = attrgetter("status")


def _status(execution: Execution, steps: dict[str, StepRun], latest: StepRun | None) -> Status:
    """Return running or paused: paused is what moves only by people, by time or by a resume.

    latest: the step that has just changed, which decides it most often.
    """
    if execution.paused or execution.status in ENDED:
        return execution.status
    if latest is not None and latest.status is StepStatus.RUNNING and _moves_by_itself(latest):
        return Status.RUNNING
    # Looked for first: most have no step that waits, and there may be hundreds of steps.
    if StepStatus.WAITING not in map(_status_of, steps.values()):
        return Status.RUNNING
    moves = any(
        run.status is StepStatus.RUNNING and _moves_by_itself(run) for run in steps.values()
    )
    return Status.RUNNING if moves else Status.PAUSED


def _moves_by_itself(run: StepRun) -> bool:
    """Tell whether a running step needs no other: it has a result, or a retry, to come."""
    return run.type not in CONTAINERS or run.retry_at is not None


def _resumed(execution: Execution, event: events.ExecutionResumed) -> Execution:
    steps = _none_held(execution.steps)
    resumed = _moved(execution, event, paused=False, steps=steps)
    return changed(resumed, {"status": _status(resumed, steps, None)})


def _none_held(steps: dict[str, StepRun]) -> dict[str, StepRun]:
    """Return the steps without a memory of where a pause held the flow."""
    return {
        step_id: run if run.held is None else changed(run, {"held": None})
        for step_id, run in steps.items()
    }


def _ended(execution: Execution, event: Any, status: Status, reason: str | None) -> Execution:
    return _moved(
        execution,
        event,
        status=status,
        steps=_none_held(execution.steps),
        reason=reason,
        completed_at=event.at,
        timeout_at=None,
        paused=False,
    )
