"""The owner of a partition of commands: the real agent, on a log that can crash around it."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from streams import topics
from streams.batches import Batch, Emission
from streams.executions import execution_agent
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.snapshots import PartitionExecutions
from tests.simulation.logs import Log, Record, run

Crash = Literal["before the commit", "after the commit"]
Committed = Callable[[int, list[Record], list[Emission], PartitionExecutions], None]

SETTINGS: Any = SimpleNamespace(topic_prefix="")


class Registry(PlaybookRegistry):
    """The playbooks that one worker has read so far, of all that have been published."""

    def __init__(self, published: list[Record], read: int) -> None:
        super().__init__(Settings.model_construct(topic_prefix=""))
        self._published = published
        self._read = 0
        self._follow_to(read)

    async def catch_up(self) -> None:
        """Read to the end."""
        self._follow_to(len(self._published))

    def _follow_to(self, end: int) -> None:
        for record in self._published[self._read : end]:
            self._take(record)
        self._read = max(self._read, end)


class Owner:
    """Whoever owns a partition at the moment. skew: how far the worker's clock is off."""

    def __init__(
        self, log: Log, partition: int, registry: Registry, skew: timedelta, committed: Committed
    ) -> None:
        self.partition = partition
        self.skew = skew
        self.state = PartitionExecutions(SETTINGS, partition)
        run(self.state.restore())
        self._log = log
        self._registry = registry
        self._committed = committed

    def has_work(self, now: datetime) -> bool:
        """Tell whether a batch would do anything."""
        due_at = self.state.due_at()
        if due_at is not None and due_at <= now + self.skew:
            return True
        return bool(self._input(1))

    def work(self, now: datetime, most: int, crash: Crash | None) -> None:
        """Take one batch through its transaction, as ``streams/partitions.py`` does."""
        records = self._input(most)
        batch: Batch[PartitionExecutions] = Batch(
            self.partition,
            records,  # type: ignore[arg-type]
            now + self.skew,
            self.state,
            _handled=Future(),  # type: ignore[arg-type]
        )
        run(execution_agent(self._registry)(_stream(batch)))  # type: ignore[arg-type]
        batch._handled.result()
        if crash == "before the commit":
            return
        offset = self._log.committed[self.partition] + len(records)
        self._log.commit(batch.emissions, self.partition, offset)
        self._committed(self.partition, records, batch.emissions, self.state)

    def _input(self, most: int) -> list[Record]:
        offset = self._log.committed[self.partition]
        return self._log.read(topics.EXECUTION_COMMANDS, self.partition, offset, most)


async def _stream(batch: Batch[PartitionExecutions]) -> AsyncIterator[Batch[PartitionExecutions]]:
    yield batch
