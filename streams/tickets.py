"""The state of one partition of ``admissions``: the tickets and the schedules of its playbooks.

One small record for each ticket, so that a storm writes what it changes and no more. What no
longer counts becomes a tombstone, in time: a heap says when.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime

from engine import admissions, snapshots
from engine.tickets import Tickets
from schemas.admissions import AdmissionEvent, Fired, Ticket
from streams import restoring, topics
from streams.batches import Batch
from streams.codecs import Headers
from streams.playbooks import PlaybookRegistry
from streams.schedules import Schedules
from streams.settings import Settings

EXPIRIES_MAX = 1_000
"""Tickets that expire per batch: many at once are spread over several transactions."""

_NOW = datetime.min.replace(tzinfo=UTC)


class PartitionAdmissions:
    """What counts in one partition, restored from and written to ``admission-snapshots``.

    registry: whose changes are a reason to look again at schedules, and at those that wait.
    """

    def __init__(self, settings: Settings, partition: int, registry: PlaybookRegistry) -> None:
        self.schedules = Schedules(registry)
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
        """Say when a ticket expires or a schedule fires; at once, if a playbook has changed."""
        if self._reviewed != self._registry.version:
            return _NOW
        due = [entry[0] for entry in self._expiries[:1]]
        fires_at = self.schedules.due_at()
        return min(due if fires_at is None else [*due, fires_at], default=None)

    def close(self) -> None:
        """Hold nothing besides memory."""

    def to_review(self) -> list[str]:
        """Return, once after each change of a playbook, those whose executions wait."""
        if self._reviewed == self._registry.version:
            return []
        self._reviewed = self._registry.version
        self.schedules.review()
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
        # Whoever was here before may have known a playbook that has not been read here yet.
        await self._registry.catch_up()
        self.schedules.own(
            self._partition, await topics.partitions(self._settings, topics.ADMISSIONS)
        )
        topic_name = topics.ADMISSION_SNAPSHOTS.named(self._settings.topic_prefix)
        tickets = []
        async for _, known in restoring.latest(self._settings, topic_name, self._partition, _read):
            if isinstance(known, Ticket):
                tickets.append(known)
            else:
                self.schedules.restore(known)
        for ticket in sorted(tickets, key=lambda ticket: ticket.number):
            self._playbooks.setdefault(ticket.playbook_id, Tickets()).put(ticket)
            self._watch(ticket)

    def write(self, batch: Batch["PartitionAdmissions"]) -> None:
        """Emit a snapshot of what the batch changed."""
        for playbook_id, execution_id in self._changed:
            ticket = self.of(playbook_id).get(execution_id)
            self._emit(batch, f"{playbook_id}/{execution_id}", ticket)
        self._changed.clear()
        for playbook_id, fired in self.schedules.changed():
            self._emit(batch, playbook_id, fired)

    def _emit(
        self, batch: Batch["PartitionAdmissions"], key: str, known: Ticket | Fired | None
    ) -> None:
        value = None if known is None else snapshots.admission_to_json(known)
        batch.emit(topics.ADMISSION_SNAPSHOTS, key, value, partition=self._partition)

    def _watch(self, ticket: Ticket | None) -> None:
        """Note when a ticket expires; one with a place, or that waits for one, does not yet."""
        if ticket is not None and ticket.place is None and ticket.expires_at is not None:
            entry = ticket.expires_at, ticket.playbook_id, ticket.execution_id
            heapq.heappush(self._expiries, entry)


def _read(key: str, value: bytes, headers: Headers) -> Ticket | Fired:
    known = snapshots.admission_from_json(value)
    named = known.playbook_id
    if isinstance(known, Ticket):
        named = f"{named}/{known.execution_id}"
    if named != key:
        raise ValueError(f"it is of {named}")
    return known
