"""Reading a topic from its beginning to where it ends now: how every state is restored."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams import clients
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

    asking: who asks where the end is; None: the consumer.

    Positions are compared, not offsets of records: the last offsets of a partition may be
    transaction markers or aborted records, which nobody is ever handed.
    """
    ends = await (asking or consumer).end_offsets(places)
    behind = [place for place in places if await consumer.position(place) < ends[place]]
    while behind:
        taken = await consumer.getmany(*behind, timeout_ms=200, max_records=_RECORDS_MAX)
        for records in taken.values():
            for record in records:
                yield record
        behind = [place for place in behind if await consumer.position(place) < ends[place]]
