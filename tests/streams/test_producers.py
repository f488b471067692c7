"""The transactional producer on real Kafka: all of a batch and its offsets, or nothing of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced, UnknownError
from aiokafka.protocol.transaction import EndTxnRequest

from streams import clients, topics, transaction_requests
from streams.batches import Emission
from streams.producers import TransactionalProducer
from streams.rounds import Rounds
from streams.settings import Settings
from streams.transaction_requests import ADDED, Requests

GROUP = "a-group"
INPUT = topics.EXECUTION_COMMANDS


def emission(
    number: int, size: int = 10, topic: topics.Topic = topics.EXECUTION_EVENTS
) -> Emission:
    return Emission(topic, b"k", b"%d " % number + b"x" * size, [("n", b"%d" % number)], 1)


def producer(settings: Settings, name: str = "one") -> TransactionalProducer:
    prefix = settings.topic_prefix
    return TransactionalProducer(clients.client(settings), prefix + name, 10, prefix + GROUP)


@pytest.fixture(params=["joining", "added"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the brokers know, and what those before Kafka 4 do."""

    async def added(*_: object) -> Requests:
        return ADDED

    if request.param == "added":
        monkeypatch.setattr(transaction_requests, "known", added)


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[TransactionalProducer]:
    await topics.create(settings)
    async with producer(settings) as one:
        yield one


async def read(
    settings: Settings, count: int, topic: topics.Topic = topics.EXECUTION_EVENTS
) -> list[int]:
    """Return the numbers of the first committed records of partition 1."""
    async with clients.consumer(settings) as consumer:
        consumer.assign([TopicPartition(topic.named(settings.topic_prefix), 1)])
        return [int((await anext(consumer)).value.split()[0]) for _ in range(count)]


async def committed(settings: Settings, place: TopicPartition) -> int | None:
    group = settings.topic_prefix + GROUP
    async with clients.consumer(settings, group_id=group) as consumer:
        consumer.assign([place])
        offset: int | None = await consumer.committed(place)
        return offset


async def test_what_a_batch_makes_is_read_and_its_offsets_have_moved(
    settings: Settings, opened: TransactionalProducer
) -> None:
    place = TopicPartition(INPUT.named(settings.topic_prefix), 1)
    other = [emission(n, topic=topics.EXECUTION_SNAPSHOTS) for n in range(3)]
    for number in range(3):
        first = [emission(number * 10 + n) for n in range(10)]
        await opened.commit([*first, *other], settings.topic_prefix, {place: number + 7})
    assert await read(settings, 30) == list(range(30))
    assert await read(settings, 9, topics.EXECUTION_SNAPSHOTS) == [0, 1, 2] * 3
    assert await committed(settings, place) == 9


async def test_more_than_a_record_batch_holds_arrives_whole_and_in_order(
    settings: Settings, opened: TransactionalProducer
) -> None:
    sizes = [300_000, 3_000_000, 10, 900_000, 900_000, 10]
    sent = [emission(number, size) for number, size in enumerate(sizes)]
    await opened.commit(sent, settings.topic_prefix, {})
    await opened.commit([emission(6)], settings.topic_prefix, {})
    assert await read(settings, 7) == list(range(7))


async def test_offsets_move_without_a_record_and_records_stand_without_offsets(
    settings: Settings, opened: TransactionalProducer
) -> None:
    place = TopicPartition(INPUT.named(settings.topic_prefix), 0)
    await opened.commit([], settings.topic_prefix, {place: 5})
    await opened.commit([emission(1)], settings.topic_prefix, {})
    assert await committed(settings, place) == 5
    assert await read(settings, 1) == [1]


async def test_who_starts_under_the_same_id_shuts_out_the_one_before(
    settings: Settings, opened: TransactionalProducer
) -> None:
    await opened.commit([emission(0)], settings.topic_prefix, {})
    async with producer(settings) as heir:
        with pytest.raises(ProducerFenced):
            await opened.commit([emission(1)], settings.topic_prefix, {})
        await heir.commit([emission(2)], settings.topic_prefix, {})
    assert await read(settings, 2) == [0, 2]


async def test_what_was_written_but_not_ended_is_never_read(
    settings: Settings, opened: TransactionalProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = TopicPartition(INPUT.named(settings.topic_prefix), 1)
    ask = Rounds.ask

    async def cut_off(self: Rounds, node_id: int, request: Any) -> Any:
        if request.API_KEY == EndTxnRequest.API_KEY:
            raise UnknownError("cut off")
        return await ask(self, node_id, request)

    with monkeypatch.context() as patched:
        patched.setattr(Rounds, "ask", cut_off)
        with pytest.raises(UnknownError):
            await opened.commit([emission(0)], settings.topic_prefix, {place: 3})
    async with producer(settings) as heir:
        await heir.commit([emission(1)], settings.topic_prefix, {})
    assert await read(settings, 1) == [1]
    assert await committed(settings, place) is None
