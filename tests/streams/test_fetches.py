"""Fetches of one partition on real Kafka: what is committed, in order, from where it was left."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import OffsetOutOfRangeError

from streams import clients, topics
from streams.fetches import Fetches
from streams.settings import Settings

TOPIC = topics.EXECUTION_EVENTS
ENOUGH_SECONDS = 30.0


@pytest.fixture
async def place(settings: Settings) -> TopicPartition:
    await topics.create(settings)
    return TopicPartition(TOPIC.named(settings.topic_prefix), 1)


@pytest.fixture
async def fetches(settings: Settings, place: TopicPartition) -> AsyncIterator[Fetches]:
    client = clients.client(settings)
    await client.bootstrap()
    yield Fetches(client, place, 1 << 20)
    await client.close()


async def write(
    settings: Settings, place: TopicPartition, *values: str, committed: bool = True
) -> None:
    """Write values in a transaction, and end it one way or the other."""
    name = f"{settings.topic_prefix}test-{place.partition}"
    async with clients.producer(settings, transactional_id=name) as producer:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(place.topic, value.encode(), partition=place.partition)
        await (producer.commit_transaction() if committed else producer.abort_transaction())


async def taken(fetches: Fetches, records_max: int = 1_000) -> list[str]:
    return [each.value.decode() for each in await fetches.take(records_max, ENOUGH_SECONDS)]


async def test_what_a_transaction_has_committed_comes_in_order(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one", "two")
    assert await taken(fetches) == ["one", "two"]


async def test_what_was_aborted_does_not_come(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "aborted", committed=False)
    await write(settings, place, "committed")
    assert await taken(fetches) == ["committed"]


async def test_who_waits_has_it_as_soon_as_it_is_committed(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    waiting = asyncio.create_task(taken(fetches))
    await write(settings, place, "one")
    assert await waiting == ["one"]


async def test_nothing_comes_when_there_is_nothing(fetches: Fetches) -> None:
    assert await fetches.take(1_000, 0.0) == []


async def test_of_what_was_fetched_the_rest_comes_next(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one", "two", "three")
    assert await taken(fetches, 2) == ["one", "two"]
    assert fetches.position == 2
    assert await taken(fetches, 2) == ["three"]


async def test_all_that_has_come_meanwhile_is_taken_at_once(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one")
    assert await taken(fetches) == ["one"]
    for value in ("two", "three"):
        await write(settings, place, value)
    async with clients.consumer(settings, place.topic) as consumer:
        # A commit is decided a moment before it is marked in the log.
        assert [(await anext(consumer)).value for _ in range(3)][-1] == b"three"
    assert await taken(fetches) == ["two", "three"]


async def test_it_goes_on_where_it_is_told_to(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one", "two", "three")
    assert await taken(fetches, 2) == ["one", "two"]
    fetches.seek(1)
    assert await taken(fetches) == ["two", "three"]


async def test_it_says_how_far_it_is_and_where_the_partition_ends(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one", "two")
    await taken(fetches, 1)
    assert (fetches.position, fetches.end) == (1, 3)  # the marker of the transaction counts


async def test_a_position_that_the_log_no_longer_has_is_told(
    settings: Settings, place: TopicPartition, fetches: Fetches
) -> None:
    await write(settings, place, "one", "two")
    admin = clients.admin(settings)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=2)})
    await admin.close()
    with pytest.raises(OffsetOutOfRangeError):
        await taken(fetches)
