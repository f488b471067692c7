"""The log as the projection reads it: some topics, every partition, committed records only.

Partitions are assigned, not shared with a group: one process projects all of them, and
where it goes on is said by the table, not by Kafka. A position that the log does not have
is an error here and never a silent jump: whoever reads must then compare anew.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams import clients, topic_requests, topics
from streams.hearing import Hearing
from streams.settings import Settings
from streams.table.folding import Record
from streams.table.origins import Offsets

RECORDS_MAX = 2_000
"""Records per batch: some 100 ms of folding, after which somebody else may read or stop."""

SILENT_SECONDS = 10.0
"""After this long without an answer of a broker it is taken to be away."""

_POLL_SECONDS = 0.2

# A partition that has just been read is asked for again when the poll under way, for the
# others, has been answered: this long, at most, does a reader of its own write wait for that.
_FETCH_SECONDS = 0.05

# New partitions are noticed within this time; Kafka's clients take five minutes.
_METADATA_SECONDS = 30.0


class LogError(Exception):
    """The log cannot be read as it is, or not on from here."""


@dataclass
class Reading:
    """One uninterrupted reading. ``begins`` and ``ends``: of the log, when it began."""

    cluster_id: str
    begins: Offsets
    ends: Offsets
    positions: dict[TopicPartition, int]
    _consumer: AIOKafkaConsumer
    _taken_at: float = field(default_factory=time.monotonic)
    _has_taken: bool = False

    def __post_init__(self) -> None:
        self._hearing = Hearing(self._consumer)

    def begin(self, offsets: Offsets) -> None:
        """Read on from these offsets; a partition without one is read from its beginning.

        Where retention has removed what an offset points to, from what is left.
        """
        self.positions = {
            place: max(offsets.get(place, begin), begin) for place, begin in self.begins.items()
        }
        # No await in between: the consumer would ask where to begin.
        self._consumer.assign(list(self.positions))
        for place, position in self.positions.items():
            self._consumer.seek(place, position)

    async def take(self) -> list[Record]:
        """Return the next records, those of a partition in order; none when there are none yet.

        Raises KafkaError, also when the log no longer has the position.
        """
        if self._has_taken:
            # Nobody listened while these were folded, which a slow disk may draw out.
            self._taken_at = time.monotonic()
        taken = await self._consumer.getmany(
            timeout_ms=int(_POLL_SECONDS * 1000), max_records=RECORDS_MAX
        )
        self._has_taken = bool(taken)
        # Of every partition: a position moves past markers of transactions without a record.
        for place in self.positions:
            self.positions[place] = await self._consumer.position(place)
        return [record for records in taken.values() for record in records]

    def current(self) -> tuple[dict[TopicPartition, int], datetime | None]:
        """Return the positions that are the ends of their partitions, and since when, at least.

        The broker tells the end with every answer, so that nobody has to ask for it.
        """
        current = {
            place: position
            for place, position in self.positions.items()
            if position >= (self._end(place) or 0) and self._told_at(place)
        }
        if not current:
            return current, None
        return current, datetime.fromtimestamp(min(map(self._told_at, current)), UTC)

    @property
    def lag(self) -> int:
        """How many offsets lie between the positions and the ends, as far as they are known."""
        return sum(
            max(0, (self._end(place) or self.ends[place]) - position)
            for place, position in self.positions.items()
        )

    def check(self) -> None:
        """Raise LogError when no broker answers, or partitions have come or gone."""
        heard_at = max(self._taken_at, min(map(self._hearing.heard_at, self.positions)))
        if not self._has_taken and time.monotonic() - heard_at > SILENT_SECONDS:
            raise LogError(f"no broker has answered for {SILENT_SECONDS:.0f} seconds")
        for name in {place.topic for place in self.positions}:
            there = self._consumer.partitions_for_topic(name)
            read = {place.partition for place in self.positions if place.topic == name}
            if there is not None and there != read:
                raise LogError(f"topic {name} has {len(there)} partitions now, not {len(read)}")

    def _end(self, place: TopicPartition) -> int | None:
        end: int | None = self._consumer.last_stable_offset(place)
        return end

    def _told_at(self, place: TopicPartition) -> float:
        milliseconds: int | None = self._consumer.last_poll_timestamp(place)
        return 0.0 if milliseconds is None else milliseconds / 1000


@asynccontextmanager
async def reading(settings: Settings, *read: topics.Topic) -> AsyncIterator[Reading]:
    """Give a reading of some topics that is yet to ``begin``.

    read: unsaid, ``execution-events`` and ``rejections``.

    Raises KafkaError when no broker can be reached, LogError when a topic is missing.
    """
    async with topic_requests.admin(settings) as admin:
        cluster_id = str((await admin.describe_cluster())["cluster_id"])
        there = await topic_requests.partitions(admin)
    places: list[TopicPartition] = []
    for topic in read or (topics.EXECUTION_EVENTS, topics.REJECTIONS):
        name = topic.named(settings.topic_prefix)
        if not there.get(name):
            raise LogError(f"topic {name} is not there: run `playbooks topics create`")
        places += [TopicPartition(name, place["partition"]) for place in there[name]]
    consumer = clients.consumer(
        settings,
        auto_offset_reset="none",
        fetch_max_wait_ms=int(_FETCH_SECONDS * 1000),
        metadata_max_age_ms=int(_METADATA_SECONDS * 1000),
    )
    try:
        await consumer.start()
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        yield Reading(cluster_id, begins, ends, dict(begins), consumer)
    finally:
        await clients.stop(consumer)
