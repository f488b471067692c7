"""The state of one partition of ``execution-commands``: its executions, as of the last commit.

Open executions are kept whole. Of an ended one only the fact is remembered, for the
dedupe window: a repeated start or a late result is refused and told apart from a new one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine import snapshots
from schemas.executions import ENDED, Ended, Execution
from streams import logs, topics
from streams.batches import Batch
from streams.settings import Settings
from streams.timers import Timers

DEDUPE_WINDOW = timedelta(hours=24)
"""How long an ended execution is remembered."""

_FORGOTTEN_MAX = 1_000
"""Ended executions forgotten per batch, so that no batch grows without bound."""


class PartitionExecutions:
    """The executions of one partition, restored from and written to ``execution-snapshots``."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self.timers = Timers()
        self._settings = settings
        self._partition = partition
        self._open: dict[str, Execution] = {}
        self._ended: dict[str, Ended] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        return len(self._open)

    def get(self, execution_id: str) -> Execution | Ended | None:
        """Return what is known of an execution."""
        return self._open.get(execution_id) or self._ended.get(execution_id)

    def put(self, execution: Execution) -> None:
        """Keep the execution as it is now."""
        self._changed.add(execution.id)
        if execution.status in ENDED:
            self._open.pop(execution.id, None)
            self._ended[execution.id] = Ended.of(execution)
        else:
            self._open[execution.id] = execution
        self.timers.watch(execution)

    def due_at(self) -> datetime | None:
        """Say when a timer of some execution falls due."""
        return self.timers.due_at()

    async def restore(self) -> None:
        """Read the snapshots of the partition."""
        topic_name = topics.EXECUTION_SNAPSHOTS.named(self._settings.topic_prefix)
        latest: dict[str, bytes | None] = {}
        async for record in logs.history(self._settings, topic_name, [self._partition]):
            # Popped first, so that the order is that of the last change: ended
            # executions are then remembered, and later forgotten, in the order they ended.
            latest.pop(record.key.decode(), None)
            latest[record.key.decode()] = record.value
        for execution_id, value in latest.items():
            if value is not None:
                self._restore(execution_id, snapshots.from_json(value))

    def _restore(self, execution_id: str, known: Execution | Ended) -> None:
        if isinstance(known, Ended):
            self._ended[execution_id] = known
        else:
            self._open[execution_id] = known
            self.timers.watch(known)

    def write(self, batch: Batch["PartitionExecutions"]) -> None:
        """Emit a snapshot of what the batch changed, and forget what ended long ago."""
        for execution_id in self._changed:
            known = self.get(execution_id)
            if known is not None:
                self._emit(batch, execution_id, snapshots.to_json(known))
        self._changed.clear()
        for execution_id in list(self._expired(batch.at)):
            del self._ended[execution_id]
            self._emit(batch, execution_id, None)

    def _expired(self, at: datetime) -> Iterator[str]:
        for ended, _ in zip(self._ended.values(), range(_FORGOTTEN_MAX), strict=False):
            if ended.completed_at + DEDUPE_WINDOW > at:
                return
            yield ended.id

    def _emit(
        self, batch: Batch["PartitionExecutions"], execution_id: str, value: bytes | None
    ) -> None:
        batch.emit(topics.EXECUTION_SNAPSHOTS, execution_id, value, partition=self._partition)
