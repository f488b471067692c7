"""The admission agent: starts asked for on ``admissions``, given on ``execution-commands``.

All that counts for a playbook is told to the owner of one partition, in order, so counting needs
no lock; and it alone fires the playbook's schedule. What a batch emits commits in one transaction
with its offsets and its state: a firing happens once, whatever crashes when.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import faust
import structlog

from engine import contexts, triggers
from engine.admissions import consequence, decide, expired, missed, reconsidered
from schemas.admissions import AdmissionCommand, AdmissionEvent, AdmitExecution
from schemas.commands import Rejection
from schemas.playbooks import Trigger
from streams import codecs, metrics, topics
from streams.batches import Batch
from streams.dead_letters import dead_letter
from streams.playbooks import PlaybookRegistry
from streams.tickets import PartitionAdmissions

log = structlog.get_logger(__name__)

AGENT = "admissions"

AdmissionBatch = Batch[PartitionAdmissions]
Admit = Callable[["faust.StreamT[AdmissionBatch]"], Awaitable[None]]


def admission_agent(registry: PlaybookRegistry) -> Admit:
    """Return the agent that admits executions of the playbooks of ``registry``."""

    async def admit(batches: "faust.StreamT[AdmissionBatch]") -> None:
        """Decide each start against what counts, then let it start, wait, or drop it."""
        async for batch in batches:
            try:
                expire(batch)
                review(batch, registry)
                fire_schedules(batch, registry)
                for record in batch.records:
                    with dead_letter(batch, record, AGENT):
                        command = codecs.decode_admission(record.value)
                        if not _is_known(registry, command):
                            await registry.catch_up()
                        admit_execution(batch, registry, command)
                batch.state.write(batch)
                batch.done()
            except Exception as error:
                # Not one record but the batch: it must come again, as a whole.
                batch.give_up(error)

    return admit


def admit_execution(
    batch: AdmissionBatch, registry: PlaybookRegistry, command: AdmissionCommand
) -> None:
    """Carry out one command: decide, evolve, tell the executions."""
    playbook_id = command.playbook_id
    tickets = batch.state.of(playbook_id)
    decision = decide(tickets, command, _trigger(registry, playbook_id), batch.at)
    if isinstance(decision, Rejection):
        batch.emit(topics.REJECTIONS, decision.execution_id, decision)
        batch.measure(partial(metrics.dropped, decision.code))
        log.info(
            "execution dropped",
            execution_id=decision.execution_id,
            playbook_id=playbook_id,
            code=decision.code,
        )
    else:
        follow(batch, playbook_id, decision)


def review(batch: AdmissionBatch, registry: PlaybookRegistry) -> None:
    """Look again at those that wait, once after each change of a playbook."""
    for playbook_id in batch.state.to_review():
        tickets = batch.state.of(playbook_id)
        follow(batch, playbook_id, reconsidered(tickets, _trigger(registry, playbook_id)))


def expire(batch: AdmissionBatch) -> None:
    """Forget what no longer counts."""
    for ticket in batch.state.due(batch.at):
        follow(batch, ticket.playbook_id, expired(ticket, batch.at))


def fire_schedules(batch: AdmissionBatch, registry: PlaybookRegistry) -> None:
    """Start, or admit as if it had been asked for, what the schedules say."""
    for published, firing in batch.state.schedules.due(batch.at):
        start = triggers.scheduled(published, firing, batch.at)
        trigger = published.definition.trigger
        if firing.missed:
            rejection = missed(start, firing, batch.at)
            batch.emit(topics.REJECTIONS, start.execution_id, rejection)
        if not triggers.is_counted(trigger):
            batch.emit(topics.EXECUTION_COMMANDS, start.execution_id, start)
            continue
        context = contexts.of_finding(start.event or {})
        asked = triggers.admission(start, trigger, context, batch.at)
        if isinstance(asked, Rejection):
            batch.emit(topics.REJECTIONS, asked.execution_id, asked)
        else:
            admit_execution(batch, registry, asked)


def follow(batch: AdmissionBatch, playbook_id: str, happened: Iterable[AdmissionEvent]) -> None:
    """Keep what happened, and emit what follows from it."""
    for event in happened:
        batch.state.evolve(playbook_id, event)
        command = consequence(event, batch.at)
        if command is not None:
            batch.emit(topics.EXECUTION_COMMANDS, command.execution_id, command)


def _trigger(registry: PlaybookRegistry, playbook_id: str) -> Trigger | None:
    """Return the trigger of a playbook as it is now; None: it has been deleted."""
    current = registry.current(playbook_id)
    return None if current is None else current.definition.trigger


def _is_known(registry: PlaybookRegistry, command: AdmissionCommand) -> bool:
    """Tell whether the revision that is to start has been read here."""
    if not isinstance(command, AdmitExecution):
        return True
    return registry.revision(command.playbook_id, command.start.playbook_revision) is not None
