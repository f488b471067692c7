"""The backlog of a group on real Kafka: whether there is room for more."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams import clients, topics
from streams.backlogs import Backlog
from streams.partitions import EMITTED_BYTES_MAX, EMITTED_MAX, allowed_records
from streams.settings import Settings

GROUP = "takers"
MAX = 3


@pytest.fixture
async def place(settings: Settings) -> TopicPartition:
    await topics.create(settings)
    return TopicPartition(topics.EXECUTION_COMMANDS.named(settings.topic_prefix), 1)


@pytest.fixture
async def backlog(settings: Settings, place: TopicPartition) -> AsyncIterator[Backlog]:
    group_id = f"{settings.topic_prefix}{GROUP}"
    backlog = Backlog(settings, topic_name=place.topic, group_id=group_id, records_max=MAX)
    await backlog.on_start()
    yield backlog
    await backlog.on_stop()


async def write(settings: Settings, place: TopicPartition, backlog: Backlog, count: int) -> None:
    async with clients.producer(settings) as producer:
        for _ in range(count):
            await producer.send_and_wait(place.topic, b"{}", partition=place.partition)
    backlog.add(count)


async def take(settings: Settings, place: TopicPartition, offset: int) -> None:
    """Commit that the group has taken what stands before an offset."""
    group_id = f"{settings.topic_prefix}{GROUP}"
    async with clients.consumer(settings, group_id=group_id) as consumer:
        consumer.assign([place])
        await consumer.commit({place: offset})


async def test_where_nobody_has_ever_taken_any_nobody_waits(
    settings: Settings, place: TopicPartition, backlog: Backlog
) -> None:
    await write(settings, place, backlog, 2 * MAX * settings.partitions)
    await backlog.room()


async def test_who_asks_for_room_waits_until_enough_has_been_taken(
    settings: Settings, place: TopicPartition, backlog: Backlog
) -> None:
    await take(settings, place, 0)
    count = MAX * settings.partitions
    await write(settings, place, backlog, count)
    waiting = asyncio.create_task(backlog.room())
    assert not await backlog._look()
    assert not waiting.done()
    await take(settings, place, 1)
    async with asyncio.timeout(60):
        await waiting


async def test_many_who_ask_at_once_are_told_by_one_look(
    settings: Settings,
    place: TopicPartition,
    backlog: Backlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await take(settings, place, 0)
    await write(settings, place, backlog, MAX * settings.partitions)
    await take(settings, place, 1)
    looks: list[bool] = []
    look = backlog._look

    async def counted() -> bool:
        looks.append(await look())
        return looks[-1]

    monkeypatch.setattr(backlog, "_look", counted)
    await asyncio.gather(*(backlog.room() for _ in range(5)))
    assert looks == [True]


async def test_without_an_answer_of_the_broker_nobody_waits(
    settings: Settings,
    place: TopicPartition,
    backlog: Backlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await take(settings, place, 0)
    await write(settings, place, backlog, MAX * settings.partitions)

    async def away(*_: object) -> None:
        raise KafkaConnectionError("it is away")

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", away)
    await backlog.room()


@pytest.mark.parametrize(
    ("emitted", "emitted_bytes", "allowed"),
    [
        (EMITTED_MAX, EMITTED_BYTES_MAX, None),
        (4 * EMITTED_MAX, 0, 2_500),
        (0, 2 * EMITTED_BYTES_MAX, 5_000),
    ],
)
def test_a_batch_is_smaller_where_more_comes_of_it_than_others_can_keep_up_with(
    emitted: int, emitted_bytes: int, allowed: int | None
) -> None:
    assert allowed_records(10_000, emitted, emitted_bytes) == allowed
