"""Emissions to Kafka: whole record batches per partition, not one send per record."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from streams.batches import Emission


async def publish(
    producer: AIOKafkaProducer, emissions: Iterable[Emission], topic_prefix: str
) -> list["asyncio.Future[Any]"]:
    """Send the emissions, in order per partition; return a future per record batch sent."""
    places: dict[tuple[str, int], list[Emission]] = defaultdict(list)
    counts: dict[str, int] = {}
    for emission in emissions:
        name = emission.topic.named(topic_prefix)
        partition = emission.partition
        if partition is None:
            if name not in counts:
                counts[name] = len(await producer.partitions_for(name))
            partition = partition_of(emission.key, counts[name])
        places[name, partition].append(emission)
    sent: list[asyncio.Future[Any]] = []
    for (name, partition), together in places.items():
        sent += await _send(producer, name, partition, together)
    for future in sent:
        # When the transaction fails before these are awaited, the failure has been told.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return sent


async def _send(
    producer: AIOKafkaProducer, name: str, partition: int, emissions: list[Emission]
) -> list["asyncio.Future[Any]"]:
    sent: list[asyncio.Future[Any]] = []
    builder = producer.create_batch()
    for emission in emissions:
        record = {
            "key": emission.key,
            "value": emission.value,
            "timestamp": None,
            "headers": emission.headers,
        }
        if builder.append(**record) is None:
            builder.close()
            sent.append(await producer.send_batch(builder, name, partition=partition))
            builder = producer.create_batch()
            builder.append(**record)
    builder.close()
    sent.append(await producer.send_batch(builder, name, partition=partition))
    return sent


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as every Kafka client's default partitioner does."""
    partition: int = (murmur2(key) & 0x7FFFFFFF) % partitions
    return partition
