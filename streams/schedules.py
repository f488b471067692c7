"""When which schedule fires, of the playbooks that are admitted in one partition.

Each playbook is scheduled by the owner of its partition of ``admissions``, and nobody else. It
counts from the moment at which the playbook was last published (made, edited or enabled), or
from its last firing, whichever is later: a schedule never makes up for a time before it was
as it is now.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from engine import schedules
from engine.schedules import Firing
from schemas.admissions import Fired
from schemas.playbooks import PlaybookPublished
from streams.playbooks import PlaybookRegistry
from streams.publishing import partition_of

log = structlog.get_logger(__name__)

_NEVER = datetime.min.replace(tzinfo=UTC)


class Schedules:
    """The schedules of one partition. ``own`` says which partition that is."""

    def __init__(self, registry: PlaybookRegistry) -> None:
        self._registry = registry
        self._partition, self._partitions = 0, 1
        self._fired: dict[str, datetime] = {}
        self._watched: dict[str, tuple[PlaybookPublished, datetime]] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._changed: set[str] = set()

    def own(self, partition: int, partitions: int) -> None:
        """Take the playbooks of this partition, of so many."""
        self._partition, self._partitions = partition, partitions

    def restore(self, fired: Fired) -> None:
        """Go on after the last firing of whoever owned the partition before."""
        self._fired[fired.playbook_id] = fired.due_at

    def due_at(self) -> datetime | None:
        """Say when the next one fires."""
        while self._heap:
            due_at, playbook_id = self._heap[0]
            if self._watched.get(playbook_id, (None, None))[1] == due_at:
                return due_at
            heapq.heappop(self._heap)
        return None

    def review(self) -> None:
        """Look at all playbooks anew: some may have come, gone, or changed."""
        scheduled = {each.playbook_id: each for each in self._scheduled()}
        for playbook_id in self._watched.keys() - scheduled.keys():
            del self._watched[playbook_id]
        for playbook_id in self._fired.keys() - scheduled.keys():
            del self._fired[playbook_id]
            self._changed.add(playbook_id)
        for playbook_id, published in scheduled.items():
            if self._watched.get(playbook_id, (None, None))[0] is not published:
                self._watch(published)

    def due(self, at: datetime) -> Iterator[tuple[PlaybookPublished, Firing]]:
        """Yield what fires by ``at``, each once: it counts as fired when it has been yielded."""
        while (due_at := self.due_at()) is not None and due_at <= at:
            _, playbook_id = heapq.heappop(self._heap)
            published, _ = self._watched[playbook_id]
            trigger = published.definition.trigger
            cron, timezone = trigger.cron or "", trigger.timezone or "UTC"
            firing = schedules.firing(cron, timezone, self._after(published), at)
            firing = firing or Firing(due_at, missed=0)
            self._fired[playbook_id] = firing.due_at
            self._changed.add(playbook_id)
            self._watch(published)
            yield published, firing

    def changed(self) -> Iterator[tuple[str, Fired | None]]:
        """Yield, by playbook, what is to be kept of the firings since the last call."""
        while self._changed:
            playbook_id = self._changed.pop()
            due_at = self._fired.get(playbook_id)
            yield playbook_id, None if due_at is None else Fired(playbook_id, due_at)

    def _scheduled(self) -> Iterator[PlaybookPublished]:
        for published in self._registry.currents():
            definition = published.definition
            if definition.enabled and definition.trigger.event == "schedule":
                key = published.playbook_id.encode()
                if partition_of(key, self._partitions) == self._partition:
                    yield published

    def _after(self, published: PlaybookPublished) -> datetime:
        return max(self._fired.get(published.playbook_id, _NEVER), published.updated_at)

    def _watch(self, published: PlaybookPublished) -> None:
        """Note when a schedule next fires. One that cannot be read must not stop the others."""
        playbook_id, trigger = published.playbook_id, published.definition.trigger
        cron, timezone = trigger.cron or "", trigger.timezone or "UTC"
        try:
            due_at = schedules.following(cron, timezone, self._after(published))
        except (ValueError, KeyError) as error:
            self._watched.pop(playbook_id, None)
            log.error("schedule never fires", playbook_id=playbook_id, error=repr(error))
            return
        self._watched[playbook_id] = published, due_at
        heapq.heappush(self._heap, (due_at, playbook_id))
