"""What follows outside of an execution from its events: requests, and commands to others.

Pure, and told from the events alone, so that whoever publishes the events of a decision
publishes these with them, in the same transaction. The execution agent decides where each
goes by its type.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from engine import reports
from engine.graphs import Graph
from engine.identities import caused_command_id, idempotency_key, undo_execution_id
from engine.undoing import revert_after, undoable, walked
from schemas import events
from schemas.actions import ActionRequest
from schemas.commands import (
    CancelExecution,
    CompleteStep,
    FailStep,
    Parent,
    Rejection,
    StartExecution,
    StepError,
    Undoing,
)
from schemas.events import Event
from schemas.executions import Execution, StepRun
from schemas.steps import PlaybookStep
from schemas.workflows import CallStep

Consequence = ActionRequest | StartExecution | CancelExecution | CompleteStep | FailStep

CURRENT = ""
"""In place of a revision: that which is the playbook's current one when the command is sent."""

_CALLS = (PlaybookStep, CallStep)
_GIVEN_UP = (events.StepCancelled, events.StepFailed, events.StepRetryScheduled)
STARTED_BEFORE = frozenset({"already_started", "already_ended"})
"""Refusals of a start that came twice: the first one has led, or will lead, to a report."""

_ENDS = (events.ExecutionCompleted, events.ExecutionFailed, events.ExecutionCancelled)


def consequences(
    execution: Execution, happened: Sequence[Event], graph: Graph
) -> Iterator[Consequence]:
    """Yield what follows from one decision.

    execution: as the decision left it. graph: of the revision that it is pinned to.
    """
    graph = walked(graph, execution.undoing)
    fates = _fates(happened)
    undo = any(isinstance(event, events.ExecutionCancelled) and event.undo for event in happened)
    for event in happened:
        if isinstance(event, events.StepStarted):
            yield from _asked(execution, event, graph, fates[event.sequence])
        elif isinstance(event, events.StepCompleted):
            yield from _reverted_later(execution, event, graph)
        elif isinstance(event, _GIVEN_UP):
            yield from _child_stopped(execution, event, undo=undo)
        elif isinstance(event, _ENDS):
            report = reports.reported(execution, event, graph)
            if report is not None:
                yield report
            if undo:
                yield from _taken_back(execution, event, graph)


def _fates(happened: Sequence[Event]) -> dict[int, Event | None]:
    """Return, by the number of each event about a step, what happens to that step next.

    Told from the events: within one decision a loop may come to a step many times, and the
    state that the decision leaves knows of the last time only.
    """
    fates: dict[int, Event | None] = {}
    after: dict[str, Event] = {}
    for event in reversed(happened):
        if not isinstance(event, _ENDS) and (step_id := getattr(event, "step_id", None)):
            fates[event.sequence] = after.get(step_id)
            after[step_id] = event
    return fates


def _asked(
    execution: Execution, event: events.StepStarted, graph: Graph, fate: Event | None
) -> Iterator[Consequence]:
    """Ask for the action, or the execution, that a started step stands for.

    fate: what the same decision then does to the step; None: it is left running.
    """
    step = graph.nodes[event.step_id].step
    if isinstance(step, _CALLS):
        if not isinstance(fate, _GIVEN_UP):
            yield _child(execution, event, step, waits=fate is None)
    elif event.action_ref is not None and fate is None:
        yield ActionRequest(
            id=event.id,
            execution_id=event.execution_id,
            playbook_id=event.playbook_id,
            step_id=event.step_id,
            visit=event.visit,
            attempt=event.attempt,
            at=event.at,
            action_ref=event.action_ref,
            idempotency_key=idempotency_key(event.execution_id, event.step_id, event.visit),
            parameters=event.input or {},
            secrets=event.secrets,
            timeout_at=event.timeout_at,
            dry_run=event.dry_run,
            traceparent=execution.traceparent,
        )


def _child(
    execution: Execution, event: events.StepStarted, step: PlaybookStep | CallStep, *, waits: bool
) -> StartExecution:
    version = step.playbook_version if isinstance(step, CallStep) else None
    return StartExecution(
        id=caused_command_id(event.id, "child"),
        execution_id=event.child_id or "",
        at=event.at,
        playbook_id=step.playbook_id,
        playbook_revision=version or CURRENT,
        trigger=execution.trigger,
        event=execution.event,
        parameters=event.input or {},
        target_asset_id=execution.target_asset_id,
        by=execution.by,
        traceparent=execution.traceparent,
        depth=execution.depth + 1,
        dry_run=execution.dry_run,
        parent=Parent(
            execution_id=execution.id,
            step_id=event.step_id,
            visit=event.visit,
            attempt=event.attempt,
            waits=waits,
        ),
    )


def _child_stopped(execution: Execution, event: Any, *, undo: bool) -> Iterator[Consequence]:
    """Cancel the execution that a playbook step no longer waits for."""
    run = execution.steps[event.step_id]
    # A child that has reported its failure has ended; one that runs on would run for nobody.
    ended = not isinstance(event, events.StepCancelled) and event.error.code != "timed_out"
    if run.child_id is not None and run.visit == event.visit and not ended:
        yield CancelExecution(
            id=caused_command_id(event.id, "child"),
            execution_id=run.child_id,
            at=event.at,
            by=f"step {run.id} of {execution.id}",
            undo=undo,
        )


def _reverted_later(
    execution: Execution, event: events.StepCompleted, graph: Graph
) -> Iterator[Consequence]:
    """Start the execution that takes a step back when the time comes (``revert_after``)."""
    run = execution.steps[event.step_id]
    pause = revert_after(graph, run)
    if pause is None or execution.dry_run or execution.undoing is not None:
        return
    undoing = Undoing(execution_id=execution.id, step_ids=(run.id,), due_at=event.at + pause)
    yield _undo(execution, event, undoing, revert_id(execution, run, event.visit))


def _taken_back(execution: Execution, event: Event, graph: Graph) -> Iterator[Consequence]:
    """Undo now what could be undone; what was to be undone later is not undone twice."""
    step_ids: list[str] = []
    for run in undoable(execution, graph):
        pause = revert_after(graph, run)
        if pause is not None and run.completed_at is not None:
            if run.completed_at + pause <= event.at:
                continue
            yield CancelExecution(
                id=caused_command_id(event.id, f"revert/{run.id}"),
                execution_id=revert_id(execution, run, run.visit),
                at=event.at,
                by=f"cancel of {execution.id}",
            )
        step_ids.append(run.id)
    if step_ids and not execution.dry_run:
        undoing = Undoing(execution_id=execution.id, step_ids=tuple(step_ids))
        yield _undo(execution, event, undoing, undo_execution_id(execution.id, "all"))


def revert_id(execution: Execution, run: StepRun, visit: int) -> str:
    """Return the id of the execution that takes back one visit of a step by itself."""
    return undo_execution_id(execution.id, f"{run.id}/{visit}")


def _undo(execution: Execution, event: Event, undoing: Undoing, undo_id: str) -> StartExecution:
    return StartExecution(
        id=caused_command_id(event.id, "undo"),
        execution_id=undo_id,
        at=event.at,
        playbook_id=execution.playbook_id,
        playbook_revision=execution.playbook_revision,
        trigger="undo",
        event=execution.event,
        parameters=execution.parameters,
        target_asset_id=execution.target_asset_id,
        by=execution.by,
        traceparent=execution.traceparent,
        depth=execution.depth,  # not one deeper: an undo must never be refused
        kept=reports.outputs(execution),
        undoing=undoing,
    )


def refusal_report(start: StartExecution, rejection: Rejection) -> FailStep | None:
    """Return what a playbook step is told when the execution it asked for is refused."""
    parent = start.parent
    if parent is None or not parent.waits or rejection.code in STARTED_BEFORE:
        return None
    return FailStep(
        id=caused_command_id(start.id, "refused"),
        execution_id=parent.execution_id,
        at=rejection.at,
        step_id=parent.step_id,
        visit=parent.visit,
        attempt=parent.attempt,
        error=StepError(code=rejection.code, message=rejection.reason),
    )
