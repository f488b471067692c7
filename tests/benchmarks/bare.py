"""The bare transactional loop: what Kafka and aiokafka alone can do, exactly once.

A command becomes five events and a snapshot, committed with its offset, in batches of 500 of
each of four partitions. No schema, no rule, no fold: what the product's execution agent does
besides costs the difference.

``python -m tests.benchmarks.bare BROKER PREFIX COUNT SIZE`` runs it until so many commands are
done, and prints how many it did a second. SIZE: ``small``, what it has to say and no more, or
``real``, records as long as those of an execution. Started by ``throughput.py``, after ``prepare``.
"""

import asyncio
import sys
import time
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from api.processes import loops

PARTITIONS = 4
EVENTS = 5
BATCH_RECORDS = 500
KEYS = 1_000

TOPICS = ("commands", "events", "snapshots")

PADDING = {"small": (b"", b""), "real": (b" " * 360, b" " * 1_640)}
"""What makes events 450 bytes long, and snapshots 1,650, as those of five steps are."""


async def prepare(broker: str, prefix: str, count: int) -> None:
    """Make the topics, and put so many commands on theirs."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(prefix + name, PARTITIONS, 1) for name in TOPICS])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=broker, linger_ms=5) as producer:
        for number in range(count):
            key = number % KEYS
            await producer.send(
                f"{prefix}commands", b'{"n":%d}' % number, b"k%d" % key, key % PARTITIONS
            )
        await producer.flush()


class Partition:
    """A partition of commands, with a transactional producer of its own."""

    def __init__(self, broker: str, prefix: str, number: int, size: str) -> None:
        self.place = TopicPartition(f"{prefix}commands", number)
        self._prefix = prefix
        self._sequences: dict[bytes, int] = {}
        self._event_padding, self._snapshot_padding = PADDING[size]
        self.producer = AIOKafkaProducer(
            bootstrap_servers=broker,
            transactional_id=f"{prefix}bare-{number}",
            max_batch_size=1 << 20,
            acks="all",
        )

    async def carry_out(self, records: list[Any]) -> None:
        """Take a batch through its transaction."""
        events: list[tuple[bytes, bytes]] = []
        changed: dict[bytes, int] = {}
        for record in records:
            sequence = self._sequences.get(record.key, 0)
            for number in range(EVENTS):
                sequence += 1
                said = {
                    "key": record.key.decode(),
                    "sequence": sequence,
                    "command": record.offset,
                    "number": number,
                    "partition": record.partition,
                }
                events.append((record.key, orjson.dumps(said) + self._event_padding))
            self._sequences[record.key] = changed[record.key] = sequence
        padding = self._snapshot_padding
        snapshots = [(key, orjson.dumps(sequence) + padding) for key, sequence in changed.items()]
        await self.producer.begin_transaction()
        sent = [*await self._send("events", events), *await self._send("snapshots", snapshots)]
        await self.producer.send_offsets_to_transaction(
            {self.place: records[-1].offset + 1}, f"{self._prefix}bare"
        )
        await asyncio.gather(*sent)
        await self.producer.commit_transaction()

    async def _send(self, name: str, records: list[tuple[bytes, bytes]]) -> list[Any]:
        topic, partition, sent = self._prefix + name, self.place.partition, []
        batch = self.producer.create_batch()
        for key, value in records:
            if batch.append(key=key, value=value, timestamp=None) is None:
                batch.close()
                sent.append(await self.producer.send_batch(batch, topic, partition=partition))
                batch = self.producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        batch.close()
        return [*sent, await self.producer.send_batch(batch, topic, partition=partition)]


async def run(broker: str, prefix: str, count: int, size: str) -> float:
    """Carry out so many commands; return how many a second."""
    partitions = [Partition(broker, prefix, number, size) for number in range(PARTITIONS)]
    for partition in partitions:
        await partition.producer.start()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        group_id=f"{prefix}bare",
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    consumer.assign([partition.place for partition in partitions])
    await consumer.seek_to_beginning()
    try:
        began, done = time.perf_counter(), 0
        while done < count:
            taken = await consumer.getmany(timeout_ms=50, max_records=BATCH_RECORDS)
            await asyncio.gather(
                *(partitions[place.partition].carry_out(each) for place, each in taken.items())
            )
            done += sum(map(len, taken.values()))
        return done / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        for partition in partitions:
            await partition.producer.stop()


if __name__ == "__main__":
    broker_address, topic_prefix, commands, said_size = sys.argv[1:]
    print(loops.run(run(broker_address, topic_prefix, int(commands), said_size)))
