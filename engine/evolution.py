"""What events change: the one fold of the product.

The execution agent, the table, replay, ``verify`` and time travel all use this
``evolve``. It holds no rule: an event has happened, whatever one thinks of it.
"""

from collections.abc import Callable, Iterable
from functools import reduce
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
    Steps,
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
        "steps": Steps(steps),
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
    steps = execution.steps.with_run(run)
    if run.type in CONTAINERS and (run.status not in UNDER_WAY or run.retry_at is not None):
        steps = _let_go(steps, before)
    changes: dict[str, Any] = {"steps": steps, "status": _status(execution, steps)}
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


def _let_go(steps: Steps, opener: StepRun) -> Steps:
    """Return the steps without a memory of where a pause held them in an attempt that has ended."""
    within = frames.prefix(opener)
    return _not_held(steps, lambda run: run.frame.startswith(within))


def _status(execution: Execution, steps: Steps) -> Status:
    """Return running or paused: paused is what moves only by people, by time or by a resume."""
    if execution.paused or execution.status in ENDED:
        return execution.status
    under_way = steps.under_way
    waits = any(run.status is StepStatus.WAITING for run in under_way)
    moves = any(run.status is StepStatus.RUNNING and _moves_by_itself(run) for run in under_way)
    return Status.PAUSED if waits and not moves else Status.RUNNING


def _moves_by_itself(run: StepRun) -> bool:
    """Tell whether a running step needs no other: it has a result, or a retry, to come."""
    return run.type not in CONTAINERS or run.retry_at is not None


def _resumed(execution: Execution, event: events.ExecutionResumed) -> Execution:
    steps = _none_held(execution.steps)
    resumed = _moved(execution, event, paused=False, steps=steps)
    return changed(resumed, {"status": _status(resumed, steps)})


def _none_held(steps: Steps) -> Steps:
    """Return the steps without a memory of where a pause held the flow."""
    return _not_held(steps, lambda run: True)


def _not_held(steps: Steps, let_go: Callable[[StepRun], bool]) -> Steps:
    for run in [each for each in steps.values() if each.held is not None]:
        if let_go(run):
            steps = steps.with_run(changed(run, {"held": None}))
    return steps


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
