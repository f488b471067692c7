"""A log as Kafka keeps it, in memory: partitions, offsets, and transactions as a whole.

The one part of the simulated world that stands in for a real one. What it leaves out (how a
transaction is fenced and committed) is what the tests with ``kill -9`` on real Kafka are about.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, NamedTuple, TypeVar

from streams import topics
from streams.batches import Emission
from streams.codecs import Headers
from streams.publishing import partition_of

Result = TypeVar("Result")


class Record(NamedTuple):
    """A record as consumers see it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    headers: Headers


class Log:
    """Every topic. committed: by topic and partition, the offset from which it is read on."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.committed: dict[tuple[str, int], int] = defaultdict(int)
        self._records: dict[tuple[str, int], list[Record]] = defaultdict(list)

    def append(
        self,
        topic: topics.Topic,
        key: bytes,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> Record:
        """Write one record, and return it."""
        if partition is None:
            partition = partition_of(key, self.partitions)
        records = self._records[topic.name, partition]
        record = Record(topic.name, partition, len(records), key, value, headers or [])
        records.append(record)
        return record

    def commit(self, emissions: Iterable[Emission], place: tuple[str, int], offset: int) -> None:
        """Write what a batch emitted, and where its input is read on: all of it at once."""
        for emission in emissions:
            topic, key, value, headers, partition = emission
            self.append(topic, key, value, partition, headers)
        self.committed[place] = offset

    def unread(self, topic: topics.Topic) -> int:
        """Return how many records of a topic have not been taken yet."""
        taken = sum(self.committed[topic.name, n] for n in range(self.partitions))
        return len(self.all(topic)) - taken

    def read(self, topic: topics.Topic, partition: int, offset: int, most: int) -> list[Record]:
        """Return some records from ``offset``."""
        return self._records[topic.name, partition][offset : offset + most]

    def all(self, topic: topics.Topic) -> list[Record]:
        """Return every record of a topic, partition by partition."""
        return [
            record
            for partition in range(self.partitions)
            for record in self._records[topic.name, partition]
        ]

    async def history(
        self, settings: object, topic_name: str, partitions: Iterable[int]
    ) -> AsyncIterator[Record]:
        """Yield every record, as ``streams.logs.history`` does."""
        for partition in partitions:
            for record in self._records[topic_name, partition]:
                yield record


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that nothing in this world makes wait: it may let others go first."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("nothing here is to be waited for")
