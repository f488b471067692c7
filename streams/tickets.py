"""The state of one partition of ``admissions``: the tickets of its playbooks.

One small record for each ticket, so that a storm writes what it changes and no more. What no
longer counts becomes a tombstone, in time: a heap says when.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime

from engine import admissions, snapshots
from engine.tickets import Tickets
from schemas.admissions import AdmissionEvent, Ticket
from streams import logs, topics
from streams.batches import Batch
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings

EXPIRIES_MAX = 1_000
"""Tickets that expire per batch: many at once are spread over several transactions."""

_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class PartitionTickets:
    """The tickets of one partition, restored from and written to ``admission-snapshots``.

    registry: whose changes are a reason to look again at those that wait.
    """

    def __init__(self, settings: Settings, partition: int, registry: PlaybookRegistry) -> None:
        self._settings = settings
        self._partition = partition
        self._registry = registry
        self._reviewed: int | None = None
        self._playbooks: dict[str, Tickets] = {}
        self._expiries: list[tuple[datetime, str, str]] = []
        self._changed: dict[tuple[str, str], None] = {}

    def of(self, playbook_id: str) -> Tickets:
        """Return the tickets of a playbook."""
        return self._playbooks.get(playbook_id) or Tickets()

    def evolve(self, playbook_id: str, event: AdmissionEvent) -> None:
        """Let an event change the tickets of a playbook."""
        tickets = self._playbooks.setdefault(playbook_id, Tickets())
        admissions.evolve(tickets, event)
        self._changed[playbook_id, event.execution_id] = None
        self._watch(tickets.get(event.execution_id))
        if not tickets:
            del self._playbooks[playbook_id]

    def due_at(self) -> datetime | None:
        """Say when a ticket expires; at once, if a playbook may have changed."""
        if self._reviewed != self._registry.version:
            return _AT_ONCE
        return self._expiries[0][0] if self._expiries else None

    def to_review(self) -> list[str]:
        """Return, once after each change of a playbook, those whose executions wait."""
        if self._reviewed == self._registry.version:
            return []
        self._reviewed = self._registry.version
        return [playbook_id for playbook_id, each in self._playbooks.items() if each.waiting]

    def due(self, at: datetime) -> Iterator[Ticket]:
        """Take out and yield the tickets whose keys no longer count, some of them."""
        for _ in range(EXPIRIES_MAX):
            if not self._expiries or self._expiries[0][0] > at:
                return
            _, playbook_id, execution_id = heapq.heappop(self._expiries)
            ticket = self.of(playbook_id).get(execution_id)
            if ticket is not None:
                yield ticket

    async def restore(self) -> None:
        """Read the snapshots of the partition."""
        topic_name = topics.ADMISSION_SNAPSHOTS.named(self._settings.topic_prefix)
        latest: dict[bytes, bytes | None] = {}
        async for record in logs.history(self._settings, topic_name, [self._partition]):
            latest[record.key] = record.value
        found = [snapshots.ticket_from_json(value) for value in latest.values() if value]
        for ticket in sorted(found, key=lambda ticket: ticket.number):
            self._playbooks.setdefault(ticket.playbook_id, Tickets()).put(ticket)
            self._watch(ticket)

    def write(self, batch: Batch["PartitionTickets"]) -> None:
        """Emit a snapshot of what the batch changed."""
        for playbook_id, execution_id in self._changed:
            ticket = self.of(playbook_id).get(execution_id)
            batch.emit(
                topics.ADMISSION_SNAPSHOTS,
                f"{playbook_id}/{execution_id}",
                None if ticket is None else snapshots.ticket_to_json(ticket),
                partition=self._partition,
            )
        self._changed.clear()

    def _watch(self, ticket: Ticket | None) -> None:
        """Note when a ticket expires; one with a place, or that waits for one, does not yet."""
        if ticket is not None and ticket.place is None and ticket.expires_at is not None:
            entry = ticket.expires_at, ticket.playbook_id, ticket.execution_id
            heapq.heappush(self._expiries, entry)
