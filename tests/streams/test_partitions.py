"""An owned partition on real Kafka: what it makes of a batch stands there once, or comes again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams import clients, topics
from streams.backlogs import Backlog
from streams.batches import Batch
from streams.partitions import OwnedPartition
from streams.producers import TransactionalProducer
from streams.settings import Settings
from streams.triggers import Stateless
from tests.e2e import log

COPIES = topics.EXECUTION_EVENTS


class Copying(OwnedPartition):
    """Copies numbers to another topic. fates: of its transactions. begun: those that wait."""

    fates: asyncio.Queue[Exception | None]
    begun: asyncio.Queue[int]


@pytest.fixture
async def owned(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Copying]:
    """A partition whose transactions wait for their fate: None, to succeed."""
    await topics.create(settings)
    fates: asyncio.Queue[Exception | None] = asyncio.Queue()
    begun: asyncio.Queue[int] = asyncio.Queue()
    commit = TransactionalProducer.commit

    async def fated(self: TransactionalProducer, emissions: Any, *said: Any) -> None:
        begun.put_nowait(len(emissions))
        fate = await fates.get()
        if fate is not None:
            raise fate
        await commit(self, emissions, *said)

    async def copy(batch: Batch[Any]) -> None:
        for record in batch.records:
            batch.emit(COPIES, b"key", record.value, partition=0)
        batch.done()

    monkeypatch.setattr(TransactionalProducer, "commit", fated)
    group_id = f"{settings.topic_prefix}copies"
    place = TopicPartition(topics.FINDINGS.named(settings.topic_prefix), 0)
    async with clients.consumer(settings, group_id=group_id) as consumer:
        consumer.assign({place})
        owned = Copying(
            place,
            consumer,
            lambda: TransactionalProducer(clients.client(settings), group_id, 10, group_id),
            Stateless,
            copy,
            settings.topic_prefix,
            "copies",
        )
        owned.fates, owned.begun = fates, begun
        async with asyncio.timeout(60):
            yield owned
            await owned.stop()


async def send(settings: Settings, number: int) -> None:
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(name, b"%d" % number, partition=0)


async def copied(settings: Settings, count: int) -> list[dict[str, Any]]:
    return await log.values_until(settings, COPIES, lambda found: len(found) >= count)


async def test_a_transaction_that_fails_while_nothing_comes_is_made_again(
    settings: Settings, owned: Copying
) -> None:
    await send(settings, 1)
    for fate in (KafkaConnectionError("cut off"), None):
        owned.fates.put_nowait(fate)
    assert await copied(settings, 1) == [1]


async def test_who_stops_lets_the_transaction_under_way_end(
    settings: Settings, owned: Copying
) -> None:
    await send(settings, 1)
    await owned.begun.get()
    stopping = asyncio.create_task(owned.stop())
    owned.fates.put_nowait(None)
    await stopping
    assert await copied(settings, 1) == [1]


class Full(Backlog):
    """There is room at first, and none any more once a batch has been taken."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked = 0

    async def room(self, wait_seconds: float) -> bool:
        self.asked += 1
        return self.asked == 1


async def test_what_a_failed_transaction_owes_is_made_again_though_there_is_no_room_now(
    settings: Settings, owned: Copying
) -> None:
    owned._backlog = Full()
    await send(settings, 1)
    for fate in (KafkaConnectionError("cut off"), None):
        owned.fates.put_nowait(fate)
    assert await copied(settings, 1) == [1]
