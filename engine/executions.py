"""The rules of an execution: which events a command causes, or why it causes none.

``decide`` changes nothing and does no I/O; time and identity arrive in the command.
Refusal is a value: a late result, a second start or a cancel of what has ended are
normal in a world where messages come twice.
"""

from typing import assert_never

from engine.flows import Flow
from engine.graphs import OUTERMOST, Graph
from engine.steps import actions
from engine.timers import timers
from schemas import commands, events
from schemas.commands import Command, Rejection, StepError
from schemas.events import Event
from schemas.executions import ENDED, UNDER_WAY, Execution

Decision = tuple[Event, ...] | Rejection


def decide(execution: Execution | None, command: Command, graph: Graph | None) -> Decision:
    """Return the events that ``command`` causes, or the rejection that says why none.

    execution: as its history left it, None when it has none. graph: of the revision that
    the execution is pinned to (or that the start names), None when nobody knows it.
    """
    if isinstance(command, commands.StartExecution):
        return _start(execution, command, graph)
    if execution is None:
        return _refused(command, "unknown_execution", "no such execution has started")
    if execution.status in ENDED:
        return _refused(command, "already_ended", f"the execution is {execution.status}")
    if graph is None:
        return _refused(
            command, "unknown_revision", f"revision {execution.playbook_revision} is not known"
        )
    flow = Flow(execution, command, graph)
    match command:
        case commands.CompleteStep() | commands.FailStep():
            return _report(flow, command)
        case commands.CancelExecution():
            flow.stop("the execution was cancelled")
            flow.record(events.ExecutionCancelled, by=command.by, note=command.note)
            return tuple(flow.recorded)
        case commands.FireTimer():
            return _fire(flow, command)
        case _:
            assert_never(command)


def _start(
    execution: Execution | None, command: commands.StartExecution, graph: Graph | None
) -> Decision:
    if execution is not None:
        return _refused(command, "already_started", "the execution has already started")
    if graph is None:
        return _refused(
            command,
            "unknown_revision",
            f"playbook {command.playbook_id} has no revision {command.playbook_revision}",
        )
    flow = Flow(None, command, graph)
    flow.record(
        events.ExecutionStarted,
        dry_run=command.dry_run,
        playbook_name=graph.playbook.name,
        trigger=command.trigger,
        event=command.event,
        parameters=command.parameters,
        target_asset_id=command.target_asset_id,
        by=command.by,
        steps=graph.declared,
        timeout_at=None if graph.timeout is None else command.at + graph.timeout,
        traceparent=command.traceparent,
    )
    flow.enter(graph.start, OUTERMOST)
    return tuple(flow.recorded)


def _report(flow: Flow, command: commands.CompleteStep | commands.FailStep) -> Decision:
    """Take the result of an attempt, if that attempt is the one under way."""
    run = flow.execution.steps.get(command.step_id)
    if run is None:
        return _refused(command, "unknown_step", f"there is no step {command.step_id}")
    if run.status not in UNDER_WAY or run.retry_at is not None:
        return _refused(command, "not_running", f"step {run.id} is not running")
    if (run.visit, run.attempt) != (command.visit, command.attempt):
        return _refused(
            command,
            "late_result",
            f"step {run.id} is at visit {run.visit}, attempt {run.attempt}: "
            f"visit {command.visit}, attempt {command.attempt} no longer counts",
        )
    node = flow.graph.nodes[run.id]
    if isinstance(command, commands.CompleteStep):
        flow.complete(node, run, command.output, command.output_truncated)
    else:
        flow.fail_attempt(node, run, command.error)
    return tuple(flow.recorded)


def _fire(flow: Flow, command: commands.FireTimer) -> Decision:
    """Let a due time take effect, if it is still awaited."""
    due = {timer.name: timer for timer in timers(flow.execution)}.get(command.timer)
    if due is None or due.due_at != command.due_at or due.due_at > command.at:
        return _refused(command, "timer_gone", f"timer {command.timer} is not due")
    if due.run is None:
        flow.abort("timed out")
    elif due.run.retry_at is not None:
        actions.retry(flow, flow.graph.nodes[due.run.id], due.run)
    else:
        flow.fail_attempt(
            flow.graph.nodes[due.run.id],
            due.run,
            StepError(code="timed_out", message=f"no result by {due.due_at.isoformat()}"),
        )
    return tuple(flow.recorded)


def _refused(command: Command, code: str, reason: str) -> Rejection:
    return Rejection(
        execution_id=command.execution_id,
        command_id=command.id,
        command_type=command.type,
        at=command.at,
        code=code,
        reason=reason,
    )
