"""The execution agent: commands in, events out. The one writer of every execution.

Commands are keyed by execution id, so the owner of a partition sees every command of an
execution, in order: reading, deciding and writing need no lock. What a batch emits
commits in one transaction with its offsets.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import faust
import structlog

from engine import completions
from engine.admissions import released, released_by_refusal
from engine.consequences import Consequence, consequences, refusal_report
from engine.executions import decided, refused
from engine.graphs import Graph
from engine.identities import timer_command_id
from engine.timers import Timer, next_timer
from schemas import commands
from schemas.actions import ActionRequest
from schemas.admissions import ReleasePlace
from schemas.commands import Command, FireTimer, Rejection, StartExecution
from schemas.events import Event
from schemas.executions import Ended, Execution
from streams import attempts, codecs, metrics, pins, topics
from streams.actions.actions import Actions
from streams.batches import Batch
from streams.dead_letters import dead_command, dead_letter, dead_snapshot
from streams.findings import partition_key
from streams.playbooks import PlaybookRegistry
from streams.snapshots import PartitionExecutions

log = structlog.get_logger(__name__)

AGENT = "executions"

TIMERS_MAX = 1_000
"""Timers fired per batch: many due at once are spread over several transactions."""

_TURN = 20
"""After so many commands the other agents of the process have their turn: some 3 ms."""

ExecutionBatch = Batch[PartitionExecutions]
Execute = Callable[["faust.StreamT[ExecutionBatch]"], Awaitable[None]]


def execution_agent(registry: PlaybookRegistry, actions: Actions) -> Execute:
    """Return the agent that carries out commands against the playbooks of ``registry``.

    actions: say of an attempt that has no result in time whether it may be made again.
    """

    async def execute(batches: "faust.StreamT[ExecutionBatch]") -> None:
        """Decide each command against its execution, then emit what happened."""
        async for batch in batches:
            try:
                for number, record in enumerate(batch.records):
                    if number % _TURN == _TURN - 1:
                        await asyncio.sleep(0)  # others in this process wait for brokers' answers
                    with dead_letter(batch, record, AGENT):
                        command = codecs.decode_command(record.value)
                        if not pins.is_known(
                            batch.state.get(command.execution_id), command, registry
                        ):
                            await registry.catch_up()
                        execute_command(batch, registry, command)
                if not fire_timers(batch, registry, actions):
                    await registry.catch_up()
                    fire_timers(batch, registry, actions, refuse_unknown=True)
                batch.state.write(batch)
                batch.done()
            except Exception as error:
                # Not one record but the batch: it must come again, as a whole.
                batch.give_up(error)

    return execute


def execute_command(batch: ExecutionBatch, registry: PlaybookRegistry, command: Command) -> None:
    """Carry out one command: get, decide, publish, put."""
    known = batch.state.get(command.execution_id)
    if isinstance(known, Ended):
        refuse(batch, command, ended_rejection(known, command))
        return
    graph = registry.graph(*pins.pinned(known, command, registry))
    outcome = decided(known, command, graph)
    if isinstance(outcome, Rejection):
        refuse(batch, command, outcome)
        return
    happened, execution = outcome
    if graph is not None:
        publish(batch, execution, happened, graph)
        if registry.awaits(completions.EVENT):
            tell(batch, execution, happened)
        batch.state.put(execution)


def publish(
    batch: ExecutionBatch, execution: Execution, happened: tuple[Event, ...], graph: Graph
) -> None:
    """Emit the events of one decision, and what follows from them elsewhere."""
    for event in happened:
        batch.emit(
            topics.EXECUTION_EVENTS,
            event.execution_id,
            event,
            headers=codecs.event_headers(event, execution.traceparent),
            partition=batch.partition,
        )
        # Decided, not yet committed: after a crash the same transition is told once more.
        log.info(
            event.type,
            execution_id=event.execution_id,
            playbook_id=event.playbook_id,
            step_id=getattr(event, "step_id", None),
        )
    batch.measure(partial(metrics.decided, execution, happened))
    for consequence in consequences(execution, happened, graph):
        send(batch, consequence)
    release(batch, released(execution, happened))


def tell(batch: ExecutionBatch, execution: Execution, happened: tuple[Event, ...]) -> None:
    """Put the actions that have completed on ``findings``, for the playbooks that they trigger."""
    traceparent = execution.traceparent
    headers = None if traceparent is None else [("traceparent", traceparent.encode())]
    for finding in completions.completions(execution, happened):
        batch.emit(topics.FINDINGS, partition_key(finding), finding, headers)


def release(batch: ExecutionBatch, released: ReleasePlace | None) -> None:
    """Tell who counts (``streams/admissions.py``) that an execution needs no place any more."""
    if released is not None:
        batch.emit(topics.ADMISSIONS, released.playbook_id, released)


def send(batch: ExecutionBatch, consequence: Consequence) -> None:
    """Emit what follows from events: a request for this execution, a command for any."""
    if isinstance(consequence, ActionRequest):
        batch.emit(
            topics.ACTION_REQUESTS,
            consequence.execution_id,
            consequence,
            partition=batch.partition,
        )
    else:
        batch.emit(topics.EXECUTION_COMMANDS, consequence.execution_id, consequence)


def refuse(batch: ExecutionBatch, command: Command, rejection: Rejection) -> None:
    """Record why a command caused nothing, and tell who waits for what it asked for."""
    batch.emit(topics.REJECTIONS, rejection.execution_id, rejection)
    batch.measure(partial(metrics.refused, rejection.code))
    known = batch.state.get(command.execution_id)
    release(batch, released_by_refusal(known, command, batch.at))
    if isinstance(command, StartExecution):
        if command.event is not None and command.parent is None:
            batch.measure(partial(metrics.dropped, rejection.code))
        report = refusal_report(command, rejection)
        if report is not None:
            send(batch, report)


def fire_timers(
    batch: ExecutionBatch,
    registry: PlaybookRegistry,
    actions: Actions,
    *,
    refuse_unknown: bool = False,
) -> bool:
    """Give ``FireTimer`` for everything that has fallen due.

    Returns False if something is of a revision that has not been read here yet: who takes
    over a partition may be behind who started its executions. It stays due, unless
    ``refuse_unknown``: a revision that cannot be found must not be looked for without end.
    """
    unknown: list[Execution] = []
    for execution_id in batch.state.timers.due(batch.at, TIMERS_MAX):
        execution = None
        with dead_snapshot(batch, execution_id, AGENT):
            execution = batch.state.get(execution_id)
        if not isinstance(execution, Execution):
            continue
        timer = next_timer(execution)
        if timer is None or timer.due_at > batch.at:
            batch.state.timers.watch(execution)
            continue
        pinned = execution.playbook_id, execution.playbook_revision
        if registry.revision(*pinned) is None and not refuse_unknown:
            unknown.append(execution)
            continue
        command = _fire(execution, timer, actions, batch.at)
        with dead_command(batch, command, AGENT):
            execute_command(batch, registry, command)
            batch.measure(partial(metrics.fired, timer.due_at, batch.at))
    for execution in unknown:
        batch.state.timers.watch(execution)
    return not unknown


def ended_rejection(ended: Ended, command: Command) -> Rejection:
    """Return the refusal of a command to an execution that has ended."""
    starting = isinstance(command, commands.StartExecution | commands.QueueExecution)
    code = "already_started" if starting else "already_ended"
    return refused(command, code, f"the execution is {ended.status}")


def _fire(execution: Execution, timer: Timer, actions: Actions, at: datetime) -> FireTimer:
    run = timer.run if timer.kind == "step_timeout" else None
    return FireTimer(
        id=timer_command_id(execution.id, timer.name, timer.due_at.isoformat()),
        execution_id=execution.id,
        at=at,
        timer=timer.name,
        due_at=timer.due_at,
        in_doubt=run is not None and attempts.is_in_doubt(actions, execution, run),
    )
