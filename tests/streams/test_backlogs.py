"""The backlog of a group on real Kafka: whether there is room for more."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams import clients, lags, metrics, topics
from streams.acknowledgements import Acknowledgements
from streams.backlogs import Backlog, Queue
from streams.batches import Batch
from streams.partitions import EMITTED_BYTES_MAX, EMITTED_MAX, OwnedPartition, allowed_records
from streams.producers import TransactionalProducer
from streams.settings import Settings
from streams.triggers import Stateless

GROUP = "takers"
MAX = 3


@pytest.fixture
async def places(settings: Settings) -> list[TopicPartition]:
    await topics.create(settings)
    name = topics.EXECUTION_COMMANDS.named(settings.topic_prefix)
    return [TopicPartition(name, number) for number in range(settings.partitions)]


@pytest.fixture
async def backlog(settings: Settings, places: list[TopicPartition]) -> AsyncIterator[Backlog]:
    group_id = f"{settings.topic_prefix}{GROUP}"
    requests = topics.ACTION_REQUESTS.named(settings.topic_prefix)
    queues = [Queue(settings, name, group_id) for name in (places[0].topic, requests)]
    backlog = Backlog(queues, records_max=MAX)
    await backlog.on_start()
    yield backlog
    await backlog.on_stop()


async def write(
    settings: Settings, places: list[TopicPartition], backlog: Backlog, count: int = MAX
) -> None:
    """Add to these partitions, unsaid as many as leave no room in them."""
    async with clients.producer(settings) as producer:
        for topic, partition in places:
            for _ in range(count):
                await producer.send_and_wait(topic, b"{}", partition=partition)
            backlog.add(count)


def requests(settings: Settings, places: list[TopicPartition]) -> list[TopicPartition]:
    """Return the same partitions of the other topic."""
    name = topics.ACTION_REQUESTS.named(settings.topic_prefix)
    return [TopicPartition(name, place.partition) for place in places]


async def take(settings: Settings, offsets: dict[TopicPartition, Any]) -> None:
    """Commit that the group has taken what stands before these offsets."""
    group_id = f"{settings.topic_prefix}{GROUP}"
    async with clients.consumer(settings, group_id=group_id) as consumer:
        consumer.assign(set(offsets))
        await consumer.commit(offsets)


async def test_what_nobody_has_ever_taken_any_of_waits(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    await write(settings, places, backlog)
    assert not await backlog.room(0)


async def test_what_waits_on_both_topics_counts_together(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    await write(settings, places, backlog, MAX - 1)
    assert await backlog.room(0)
    await write(settings, requests(settings, places), backlog, 1)
    backlog.add(MAX)
    assert not await backlog.room(0)


async def test_a_request_that_runs_does_not_count_however_long_it_takes(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    asked = requests(settings, places)
    await write(settings, asked, backlog)
    running = Acknowledgements(0, owner="a-worker")
    for offset in range(MAX):
        assert running.take(offset)
    running.begin(0)
    running.finish(1)
    assert running.commit()[0] == 0
    await take(settings, dict.fromkeys(asked, running.commit()))
    assert await backlog.room(0)


async def test_who_asks_for_room_waits_until_half_of_the_partitions_have_some(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    await take(settings, dict.fromkeys(places, 0))
    await write(settings, places, backlog)
    waiting = asyncio.create_task(backlog.room(60))
    assert await backlog._is_full()
    assert not waiting.done()
    await take(settings, dict.fromkeys(places[: -(-len(places) // 2)], 1))
    assert await waiting


async def test_who_has_waited_for_so_long_is_told_that_there_is_none(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    await take(settings, dict.fromkeys(places, 0))
    await write(settings, places, backlog)
    assert not await backlog.room(0)
    assert not await backlog.room(0.1)


async def test_findings_that_wait_for_room_count_as_waiting(
    settings: Settings,
    places: list[TopicPartition],
    backlog: Backlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    observed: asyncio.Queue[float | None] = asyncio.Queue()
    observe = lags.observe

    def observe_and_tell(*told: Any) -> None:
        observe(*told)
        observed.put_nowait(waiting(place))

    monkeypatch.setattr(lags, "observe", observe_and_tell)
    await take(settings, dict.fromkeys(places, 0))
    await write(settings, places, backlog)
    place = TopicPartition(topics.FINDINGS.named(settings.topic_prefix), 0)

    async def never(_: Batch[Any]) -> None:
        raise AssertionError("nothing is to be taken")

    async with clients.consumer(settings, group_id=f"{settings.topic_prefix}t") as consumer:
        consumer.assign({place})
        async with clients.producer(settings) as producer:
            for _ in range(MAX):
                await producer.send_and_wait(place.topic, b"{}", partition=0)
        owned = OwnedPartition(
            place,
            consumer,
            lambda: TransactionalProducer(clients.client(settings), GROUP, 10, GROUP),
            Stateless,
            never,
            settings.topic_prefix,
            "triggers",
            backlog=backlog,
        )
        async with asyncio.timeout(60):
            while await observed.get() != MAX:
                pass
        await owned.stop()


def waiting(place: TopicPartition) -> float | None:
    """Return how many records of a partition wait, as the metrics say."""
    labels = {"agent": "triggers", "topic": place.topic, "partition": str(place.partition)}
    return metrics.REGISTRY.get_sample_value("playbooks_lag_records", labels)


async def test_one_partition_that_nobody_gets_on_with_holds_up_nobody(
    settings: Settings, places: list[TopicPartition], backlog: Backlog
) -> None:
    await take(settings, dict.fromkeys(places, 0))
    for _ in range(3):
        await write(settings, places[:1], backlog)
    assert await backlog.room(60)


async def test_many_who_ask_at_once_are_told_by_one_look(
    settings: Settings,
    places: list[TopicPartition],
    backlog: Backlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await take(settings, dict.fromkeys(places, 0))
    await write(settings, places[:1], backlog)
    looks: list[bool] = []
    look = backlog._is_full

    async def counted() -> bool:
        looks.append(await look())
        return looks[-1]

    monkeypatch.setattr(backlog, "_is_full", counted)
    await asyncio.gather(*(backlog.room(60) for _ in range(5)))
    assert looks == [False]


async def test_without_an_answer_of_the_broker_nobody_waits(
    settings: Settings,
    places: list[TopicPartition],
    backlog: Backlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await take(settings, dict.fromkeys(places, 0))
    await write(settings, places, backlog)

    async def away(*_: object) -> None:
        raise KafkaConnectionError("it is away")

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", away)
    assert await backlog.room(60)


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
