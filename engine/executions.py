"""The rules of an execution: which events a command causes, or why it causes none.

``decide`` changes nothing and does no I/O; time and identity arrive in the command.
Refusal is a value: a late result, a second start or a cancel of what has ended are
normal in a world where messages come twice.
"""

from datetime import datetime
from typing import NamedTuple, assert_never

from engine import steps
from engine.cacao import gates
from engine.flows import Flow
from engine.frames import OUTERMOST
from engine.graphs import Graph
from engine.steps import actions, approvals, manuals
from engine.steps.playbooks import DEPTH_MAX
from engine.timers import timers
from engine.undoing import walked
from schemas import commands, events
from schemas.commands import Command, Origin, Rejection, StepError
from schemas.events import Event
from schemas.executions import CONTAINERS, ENDED, Execution, Status, StepRun, StepStatus

Decision = tuple[Event, ...] | Rejection


class Decided(NamedTuple):
    """What a command causes: its events, and the execution as they leave it."""

    events: tuple[Event, ...]
    execution: Execution


Outcome = Decided | Rejection
Begin = commands.StartExecution | commands.QueueExecution
_BEGINS = (commands.StartExecution, commands.QueueExecution)


def decide(execution: Execution | None, command: Command, graph: Graph | None) -> Decision:
    """Return the events that ``command`` causes, or the rejection that says why none.

    execution: as its history left it, None when it has none. graph: of the revision that
    the execution is pinned to (or that the start names), None when nobody knows it.
    """
    outcome = decided(execution, command, graph)
    return outcome if isinstance(outcome, Rejection) else outcome.events


def decided(execution: Execution | None, command: Command, graph: Graph | None) -> Outcome:
    """Return as ``decide`` does, with the fold of the events, which deciding them has made."""
    if isinstance(command, _BEGINS):
        return _begin(execution, command, graph)
    if execution is None:
        return refused(command, "unknown_execution", "no such execution has started")
    if execution.status in ENDED:
        return refused(command, "already_ended", f"the execution is {execution.status}")
    if graph is None:
        return refused(
            command, "unknown_revision", f"revision {execution.playbook_revision} is not known"
        )
    flow = Flow(execution, command, walked(graph, execution.undoing))
    match command:
        case commands.CompleteStep() | commands.FailStep():
            return _report(flow, command)
        case commands.ResolveApproval():
            return _resolve(flow, command)
        case commands.PauseExecution():
            return _pause(flow, command)
        case commands.ResumeExecution():
            return _resume(flow, command)
        case commands.CancelExecution():
            return _cancel(flow, command)
        case commands.FireTimer():
            return _fire(flow, command)
        case _:
            assert_never(command)


def refused(command: Command, code: str, reason: str) -> Rejection:
    """Return the refusal of ``command``."""
    return Rejection(
        execution_id=command.execution_id,
        command_id=command.id,
        command_type=command.type,
        at=command.at,
        code=code,
        reason=reason,
        playbook_id=getattr(command, "playbook_id", None),
    )


def _begin(execution: Execution | None, command: Begin, graph: Graph | None) -> Outcome:
    """Start an execution, or let it queue; one that is queued can be started."""
    starts = isinstance(command, commands.StartExecution)
    if execution is not None and execution.status in ENDED:
        return refused(command, "already_ended", f"the execution is {execution.status}")
    if execution is not None and not (starts and execution.status is Status.PENDING):
        return refused(command, "already_started", "the execution has already started")
    if graph is None:
        name = f"playbook {command.playbook_id} has no revision {command.playbook_revision}"
        return refused(command, "unknown_revision", name)
    if command.depth > DEPTH_MAX:
        chain = f"executions lead to each other more than {DEPTH_MAX} deep: is there a circle?"
        return refused(command, "too_deep", chain)
    if graph.workflow is not None and command.undoing is None:
        closed = gates.refusal(graph.workflow, command.parameters, command.at)
        if closed is not None:
            return refused(command, *closed)
    graph = walked(graph, command.undoing)
    if command.from_step is not None and command.from_step not in graph.nodes:
        return refused(command, "unknown_step", f"there is no step {command.from_step}")
    flow = Flow(execution, command, graph)
    facts = {name: getattr(command, name) for name in Origin.model_fields}
    facts |= {"playbook_name": graph.playbook.name, "steps": graph.declared}
    if not starts:
        flow.record(events.ExecutionQueued, dry_run=command.dry_run, **facts)
        return _settled(flow)
    timeout_at = None if graph.timeout is None else flow.at + graph.timeout
    flow.record(events.ExecutionStarted, dry_run=command.dry_run, timeout_at=timeout_at, **facts)
    flow.go(command.from_step or graph.start, OUTERMOST)
    return _settled(flow)


def _settled(flow: Flow) -> Decided:
    return Decided(flow.settle(), flow.execution)


def _report(flow: Flow, command: commands.CompleteStep | commands.FailStep) -> Outcome:
    """Take the result of an attempt, if that attempt is the one under way."""
    run = flow.execution.steps.get(command.step_id)
    if run is None:
        return refused(command, "unknown_step", f"there is no step {command.step_id}")
    # A step that runs only in that others run has no result but what becomes of those.
    has_result = run.status is StepStatus.RUNNING and run.type not in CONTAINERS
    # Who was given up for lost may report success after all: better than what people could say.
    is_sought = actions.is_sought(run) and isinstance(command, commands.CompleteStep)
    if not (has_result or is_sought) or run.retry_at is not None:
        return refused(command, "not_running", f"step {run.id} is not running")
    if (run.visit, run.attempt) != (command.visit, command.attempt):
        return refused(
            command,
            "late_result",
            f"step {run.id} is at visit {run.visit}, attempt {run.attempt}: "
            f"visit {command.visit}, attempt {command.attempt} no longer counts",
        )
    if isinstance(command, commands.CompleteStep):
        flow.complete(run, command.output, truncated=command.output_truncated)
    else:
        actions.failed(flow, run, command.error)
    return _settled(flow)


def _resolve(flow: Flow, command: commands.ResolveApproval) -> Outcome:
    """Take somebody's yes or no, if the step waits for it and it is theirs to give."""
    run = flow.execution.steps.get(command.step_id)
    if run is None:
        return refused(command, "unknown_step", f"there is no step {command.step_id}")
    waiting = run.waiting
    if run.status is not StepStatus.WAITING or waiting is None or waiting.reason == "delay":
        return refused(command, "not_waiting", f"step {run.id} does not wait for approval")
    if command.visit not in (0, run.visit):
        return refused(command, "late_result", f"step {run.id} is at visit {run.visit}")
    refusal = approvals.refusal(waiting, command) or manuals.refusal(flow, run, command)
    if refusal is not None:
        return refused(command, *refusal)
    approvals.resolve(flow, run, waiting, command)
    return _settled(flow)


def _pause(flow: Flow, command: commands.PauseExecution) -> Outcome:
    if flow.execution.status is Status.PENDING:
        return refused(command, "not_started", "the execution has not started yet: cancel it")
    if flow.execution.paused:
        return refused(command, "already_paused", "the execution is paused already")
    flow.record(events.ExecutionPaused, by=command.by, note=command.note)
    return _settled(flow)


def _resume(flow: Flow, command: commands.ResumeExecution) -> Outcome:
    """Go on everywhere where the pause has held the flow."""
    if not flow.execution.paused:
        return refused(command, "not_paused", "the execution has not been paused")
    held = flow.held()
    flow.record(events.ExecutionResumed, by=command.by, note=command.note)
    for target, frame in held:
        flow.go(target, frame)
    return _settled(flow)


def _cancel(flow: Flow, command: commands.CancelExecution) -> Outcome:
    flow.stop("the execution was cancelled")
    flow.record(events.ExecutionCancelled, by=command.by, note=command.note, undo=command.undo)
    return _settled(flow)


def _fire(flow: Flow, command: commands.FireTimer) -> Outcome:
    """Let a due time take effect, if it is still awaited."""
    timer = {timer.name: timer for timer in timers(flow.execution)}.get(command.timer)
    if timer is None or timer.due_at != command.due_at or timer.due_at > command.at:
        return refused(command, "timer_gone", f"timer {command.timer} is not due")
    if timer.run is None:
        flow.abort("timed out")
    elif timer.kind == "retry":
        steps.retry(flow, timer.run)
    elif timer.kind == "due":
        steps.due(flow, timer.run)
    else:
        actions.failed(flow, timer.run, _no_result(timer.run, timer.due_at, command))
    return _settled(flow)


def _no_result(run: StepRun, due_at: datetime, command: commands.FireTimer) -> StepError:
    """Return why an attempt is given up whose time is over."""
    message = f"no result by {due_at.isoformat()}"
    if not command.in_doubt:
        return StepError(code="timed_out", message=message)
    doubt = f"{run.action_ref} may or may not have taken effect: {message}"
    return StepError(code=actions.OUTCOME_UNKNOWN, message=doubt)
