"""The owner of a partition of an agent's input: the real agent, which can crash around commits."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from streams import topics
from streams.actions.actions import Actions
from streams.admissions import admission_agent
from streams.batches import Batch, Emission
from streams.executions import execution_agent
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.snapshots import PartitionExecutions
from streams.tickets import PartitionAdmissions
from tests.simulation.logs import Log, Record, run

Crash = Literal["before the commit", "after the commit"]
Committed = Callable[[int, list[Record], list[Emission], object], None]

SETTINGS: Any = SimpleNamespace(topic_prefix="")
ACTIONS = Actions()


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
        self,
        log: Log,
        topic: topics.Topic,
        partition: int,
        registry: Registry,
        skew: timedelta,
        committed: Committed,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.registry = registry
        self.skew = skew
        self._log = log
        self._committed = committed
        self._agent: Any
        if topic is topics.ADMISSIONS:
            self.state: Any = PartitionAdmissions(SETTINGS, partition, registry)
            self._agent = admission_agent(registry)
        else:
            self.state = PartitionExecutions(SETTINGS, partition)
            self._agent = execution_agent(registry, ACTIONS)
        run(self.state.restore())

    def has_work(self, now: datetime) -> bool:
        """Tell whether a batch would do anything."""
        due_at = self.state.due_at()
        if due_at is not None and due_at <= now + self.skew:
            return True
        return bool(self._input(1))

    def work(self, now: datetime, most: int, crash: Crash | None) -> None:
        """Take one batch through its transaction, as ``streams/partitions.py`` does."""
        records = self._input(most)
        batch: Batch[Any] = Batch(
            self.partition,
            records,  # type: ignore[arg-type]
            now + self.skew,
            self.state,
            _handled=Future(),  # type: ignore[arg-type]
        )
        run(self._agent(_stream(batch)))
        batch._handled.result()
        if crash == "before the commit":
            return
        place = self.topic.name, self.partition
        offset = self._log.committed[place] + len(records)
        self._log.commit(batch.emissions, place, offset)
        self._committed(self.partition, records, batch.emissions, self.state)

    def _input(self, most: int) -> list[Record]:
        offset = self._log.committed[self.topic.name, self.partition]
        return self._log.read(self.topic, self.partition, offset, most)


async def _stream(batch: Batch[Any]) -> AsyncIterator[Batch[Any]]:
    yield batch
