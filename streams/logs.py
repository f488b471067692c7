"""Reading a topic from its beginning to where it ends now: how every state is restored."""

import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import ConsumerRecord

from streams import clients
from streams.patience import ANSWER_SECONDS, within
from streams.settings import Settings

_RECORDS_MAX = 5_000


async def history(
    settings: Settings, topic_name: str, partitions: Iterable[int]
) -> AsyncIterator[ConsumerRecord[Any, Any]]:
    """Yield every committed record of the partitions, up to their end as of the call."""
    consumer = clients.consumer(settings, max_partition_fetch_bytes=8 << 20)
    await consumer.start()
    try:
        places = [TopicPartition(topic_name, partition) for partition in partitions]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        async for record in to_the_end(consumer, places):
            yield record
    finally:
        await clients.stop(consumer)


async def to_the_end(
    consumer: AIOKafkaConsumer,
    places: list[TopicPartition],
    asking: AIOKafkaConsumer | None = None,
) -> AsyncIterator[ConsumerRecord[Any, Any]]:
    """Yield what stands between the consumer's position and the end as of the call.

    asking: who asks where the end is; None: the consumer. Raises KafkaError.

    Positions are compared, not offsets of records: the last offsets of a partition may be
    transaction markers or aborted records, which nobody is ever handed.
    """
    ends = await (asking or consumer).end_offsets(places)
    behind = await _behind(consumer, places, ends)
    came_at = time.monotonic()
    while behind:
        taken = await consumer.getmany(*behind, timeout_ms=200, max_records=_RECORDS_MAX)
        for records in taken.values():
            for record in records:
                yield record
        if taken:
            came_at = time.monotonic()
        elif time.monotonic() - came_at > ANSWER_SECONDS:
            raise KafkaTimeoutError(f"nothing comes of {behind}, which should go on to {ends}")
        behind = await _behind(consumer, behind, ends)


async def _behind(
    consumer: AIOKafkaConsumer, places: list[TopicPartition], ends: dict[TopicPartition, int]
) -> list[TopicPartition]:
    """Return which of the partitions have not been read to their end."""
    async with within(ANSWER_SECONDS, f"where {places} begin is not known"):
        return [place for place in places if await consumer.position(place) < ends[place]]
