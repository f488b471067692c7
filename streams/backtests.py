"""Backtests: the findings of the past, read once more for a trigger that does not exist yet.

No consumer group and no trace: partitions are read from the first finding at ``since`` to the
ends as they are when it begins. Memory is bounded by what a fetch holds, time by
``SECONDS_MAX``: what has been read by then is the answer, and says that it is not all.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from engine.backtests import Backtest, Outcome
from engine.triggers import identity
from schemas.playbooks import Trigger
from streams import clients, topic_requests, topics
from streams.commands import PATIENCE_SECONDS, BrokerAway, in_time
from streams.findings import decode_findings
from streams.hearing import Hearing
from streams.settings import Settings

SECONDS_MAX = 20.0
"""For the reading: whoever asks waits for it."""

_RECORDS_MAX = 2_000
_POLL_SECONDS = 0.2
_FETCH_BYTES = 1 << 20

_Span = dict[TopicPartition, tuple[int, int]]
"""Of each partition the offsets to read: the first one, and the one behind the last."""


@dataclass(frozen=True)
class Read:
    """A backtest that has been done. complete: everything between the times has been read."""

    outcome: Outcome
    complete: bool


async def backtest(
    settings: Settings,
    trigger: Trigger,
    *,
    since: datetime,
    until: datetime,
    examples_max: int,
) -> Read:
    """Return what ``trigger`` would have started by what arrived from ``since`` to ``until``.

    since is inclusive, until is not. Raises BrokerAway.
    """
    backtest = Backtest(trigger, examples_max)
    formats = dict(settings.finding_topics)
    async with _consumer(settings) as consumer:
        span = await in_time(settings, _assigned(settings, consumer, since, until))
        reading = _Reading(settings, consumer, span)
        while reading.behind and not backtest.is_full and not reading.is_over:
            try:
                records = await reading.take()
            except KafkaError as error:
                raise BrokerAway(settings.broker, f"{type(error).__name__}: {error}") from error
            records = [each for each in records if since <= _arrived_at(each) < until]
            # Decoding keeps a processor busy, and others are answered meanwhile.
            await asyncio.to_thread(_take, backtest, records, formats)
        complete = not reading.behind
    return Read(await asyncio.to_thread(backtest.outcome), complete)


class _Reading:
    """Partitions on their way to where they ended at the beginning."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer, span: _Span) -> None:
        self._settings = settings
        self._consumer = consumer
        self._ends = {place: end for place, (_, end) in span.items()}
        self._began_at = time.monotonic()
        self._heard_at = time.monotonic()
        self._hearing = Hearing(consumer)
        self.behind = [place for place, (begin, end) in span.items() if begin < end]

    @property
    def is_over(self) -> bool:
        """Whether it has taken as long as it may."""
        return time.monotonic() - self._began_at > SECONDS_MAX

    async def take(self) -> list[ConsumerRecord[Any, Any]]:
        """Return the next records. Raises BrokerAway when nobody answers."""
        taken = await self._consumer.getmany(
            *self.behind, timeout_ms=int(_POLL_SECONDS * 1000), max_records=_RECORDS_MAX
        )
        self._require_answer(bool(taken))
        records = [
            record
            for place, records in taken.items()
            for record in records
            if record.offset < self._ends[place]
        ]
        # Positions, not offsets of records: the last ones may be marks of transactions.
        self.behind = [
            place
            for place in self.behind
            if await self._consumer.position(place) < self._ends[place]
        ]
        return records

    def _require_answer(self, is_answered: bool) -> None:
        heard_at = time.monotonic() if is_answered else self._heard_at
        self._heard_at = max(heard_at, *map(self._hearing.heard_at, self.behind))
        if time.monotonic() - self._heard_at > PATIENCE_SECONDS:
            raise BrokerAway(self._settings.broker, f"not within {PATIENCE_SECONDS:.0f} s")


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = clients.consumer(
        settings, auto_offset_reset="none", max_partition_fetch_bytes=_FETCH_BYTES
    )
    try:
        await in_time(settings, consumer.start())
        yield consumer
    finally:
        await clients.stop(consumer)


async def _assigned(
    settings: Settings, consumer: AIOKafkaConsumer, since: datetime, until: datetime
) -> _Span:
    """Give the consumer the partitions to read, each from where it begins; return how far."""
    async with topic_requests.admin(settings) as admin:
        there = await topic_requests.partitions(admin)
    own = topics.FINDINGS.named(settings.topic_prefix)
    places = [
        TopicPartition(name, place["partition"])
        for name in (own, *dict(settings.finding_topics))
        for place in there.get(name, [])
    ]
    ends = await consumer.end_offsets(places)
    begins = await _first_at(consumer, places, since, ends)
    stops = await _first_at(consumer, places, until, ends)
    consumer.assign(places)
    for place in places:
        consumer.seek(place, begins[place])
    return {place: (begins[place], stops[place]) for place in places}


async def _first_at(
    consumer: AIOKafkaConsumer,
    places: list[TopicPartition],
    at: datetime,
    ends: Mapping[TopicPartition, int],
) -> dict[TopicPartition, int]:
    """Return the offset of the first record at ``at`` or later; the end where there is none."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    found = await consumer.offsets_for_times(dict.fromkeys(places, milliseconds))
    return {
        place: ends[place] if found.get(place) is None else min(found[place].offset, ends[place])
        for place in places
    }


def _take(
    backtest: Backtest, records: list[ConsumerRecord[Any, Any]], formats: Mapping[str, str]
) -> None:
    for record in records:
        try:
            found = decode_findings(record, formats)
        except Exception:
            # As the trigger agent takes it, which parks such a record.
            backtest.malformed += 1
            continue
        for finding in found:
            named = identity(finding, record.topic, record.partition, record.offset)
            backtest.take(finding, named, _arrived_at(record))


def _arrived_at(record: ConsumerRecord[Any, Any]) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
