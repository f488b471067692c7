"""Fetches of one partition on real Kafka: what is committed, in order, from where it was left."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from streams import clients, topics
from streams.fetches import Fetches
from streams.rounds import Rounds
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


class _Latin1(str):
    """A name as a client writes it that does not know better."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return super().encode("latin-1")


def foreign_batch(compression_type: int) -> bytes:
    """Return a record batch as it might come from a client in C."""
    builder = _DefaultRecordBatchBuilderPy(2, compression_type, 0, -1, -1, -1, 1 << 20)
    headers: list[list[tuple[str, bytes | None]]]
    headers = [[("a", b"b")], [(_Latin1("café"), b"x"), ("é", None)], [(_Latin1("é"), None)], []]
    for number, each in enumerate(headers):
        key, value = (None, None) if number == 2 else (b"key", b"value")
        builder.append(number, 0, key=key, value=value, headers=each)
    return bytes(builder.build())


@pytest.mark.parametrize("compression_type", range(5))
async def test_a_header_whose_name_is_no_utf8_stops_nobody(
    settings: Settings, place: TopicPartition, fetches: Fetches, compression_type: int
) -> None:
    rounds = Rounds(fetches._client)
    await fetches._client._wait_on_metadata(place.topic)
    batch = [(place.topic, [(place.partition, foreign_batch(compression_type))])]
    leader = fetches._client.cluster.leader_for_partition(place)
    await rounds.ask(leader, ProduceRequest(None, -1, 5_000, batch))
    await write(settings, place, "after")
    found = await fetches.take(4, ENOUGH_SECONDS)
    read = [dict(each.headers) for each in found]
    assert read == [{"a": b"b"}, {"caf?": b"x", "é": None}, {"?": None}, {}]
    assert [each.value for each in found] == [b"value", b"value", None, b"value"]
    assert await taken(fetches) == ["after"]
    async with clients.consumer(settings) as consumer:
        consumer.assign([place])
        again = [await anext(consumer) for _ in range(5)]
    assert [dict(each.headers) for each in again[:4]] == read


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_what_others_compress_is_read(
    settings: Settings, place: TopicPartition, fetches: Fetches, codec: str
) -> None:
    async with clients.producer(settings, compression_type=codec) as producer:
        await producer.send_and_wait(place.topic, b"one" * 1_000, partition=place.partition)
    assert await taken(fetches) == ["one" * 1_000]
