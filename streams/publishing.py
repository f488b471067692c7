"""Emissions as Kafka takes them: by partition, and as record batches, not one send per record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streams.batches import Emission

BATCH_BYTES = 1 << 20
"""Of a record batch; a larger record stands in one by itself."""

SEQUENCES = 0x7FFFFFFF
"""The sequence numbers of a partition begin again at zero behind this one."""

_MAGIC = 2
"""The record format that knows transactions and headers (KIP-98, KIP-82)."""


def placed(
    emissions: Iterable[Emission], topic_prefix: str, counts: Mapping[str, int]
) -> dict[TopicPartition, list[Emission]]:
    """Return the emissions by the partition they go to, in order.

    counts: how many partitions a topic has, by its name without prefix.
    """
    places: dict[tuple[str, int], list[Emission]] = defaultdict(list)
    for emission in emissions:
        name, partition = emission.topic.name, emission.partition
        if partition is None:
            partition = partition_of(emission.key, counts[name])
        places[name, partition].append(emission)
    return {TopicPartition(topic_prefix + name, n): each for (name, n), each in places.items()}


def record_batches(
    emissions: Iterable[Emission], producer_id: int, producer_epoch: int, sequence: int
) -> list[bytearray]:
    """Return emissions for one partition as record batches of a transaction.

    sequence: the number of the first record among all that this producer writes there.
    """
    built: list[bytearray] = []
    builder, count = None, 0
    for emission in emissions:
        said = {"key": emission.key, "value": emission.value, "headers": emission.headers}
        if builder is None or builder.append(count, None, **said) is None:
            if builder is not None:
                built.append(builder.build())
            builder = DefaultRecordBatchBuilder(
                _MAGIC,
                compression_type=0,
                is_transactional=1,
                producer_id=producer_id,
                producer_epoch=producer_epoch,
                base_sequence=sequence,
                batch_size=BATCH_BYTES,
            )
            count = 0
            builder.append(count, None, **said)
        count += 1
        sequence = (sequence + 1) & SEQUENCES
    return built if builder is None else [*built, builder.build()]


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as every Kafka client's default partitioner does."""
    partition: int = (murmur2(key) & 0x7FFFFFFF) % partitions
    return partition
