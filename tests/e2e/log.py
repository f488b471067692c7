"""What stands on the topics, read back as a consumer of the product would."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from aiokafka import TopicPartition

from schemas.commands import Command
from schemas.events import Event
from streams import clients, codecs, logs, topics
from streams.acknowledgements import Acknowledgements
from streams.settings import Settings
from streams.topics import Topic
from tests.histories import record

ENDS = {"ExecutionCompleted", "ExecutionFailed", "ExecutionCancelled"}


async def send(
    settings: Settings, topic: Topic, records: Iterable[tuple[bytes | None, bytes]]
) -> None:
    """Put (key, value) records on a topic, as any producer would."""
    async with clients.producer(settings) as producer:
        for key, value in records:
            await producer.send(topic.named(settings.topic_prefix), value, key=key)
        await producer.flush()


async def send_findings(settings: Settings, findings: Iterable[dict[str, Any]]) -> None:
    """Put findings on ``findings``, keyed by their asset."""
    await send(
        settings,
        topics.FINDINGS,
        ((f["data"]["asset"]["id"].encode(), orjson.dumps(f)) for f in findings),
    )


async def send_commands(settings: Settings, commands: Iterable[Command]) -> None:
    """Put commands on ``execution-commands``."""
    records = ((each.execution_id.encode(), codecs.encode(each)) for each in commands)
    await send(settings, topics.EXECUTION_COMMANDS, records)


async def values(settings: Settings, topic: Topic) -> list[dict[str, Any]]:
    """Return the values of everything committed on a topic so far."""
    name = topic.named(settings.topic_prefix)
    partitions = range(settings.partitions)
    return [orjson.loads(record.value) async for record in logs.history(settings, name, partitions)]


async def values_until(
    settings: Settings,
    topic: Topic,
    enough: Callable[[list[dict[str, Any]]], bool],
    timeout_seconds: float = 60,
) -> list[dict[str, Any]]:
    """Follow a topic from its beginning until what has been read is enough; tombstones are None."""
    found: list[dict[str, Any]] = []
    name = topic.named(settings.topic_prefix)
    async with clients.consumer(settings) as consumer:
        places = [TopicPartition(name, partition) for partition in range(settings.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        try:
            async with asyncio.timeout(timeout_seconds):
                while not enough(found):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found += [orjson.loads(record.value or b"null") for record in records]
        except TimeoutError:
            raise AssertionError(
                f"{name}: {len(found)} records in {timeout_seconds} s, the last: {found[-3:]}"
            ) from None
    return found


async def until_acknowledged(
    settings: Settings, unfinished: int, timeout_seconds: float = 60
) -> None:
    """Wait until the step agent has on record that all action requests but so many are done.

    It says so a moment after their results stand on their topic; killed before, it runs them again.
    """
    async with asyncio.timeout(timeout_seconds):
        while True:
            if await _unacknowledged(settings) == unfinished:
                return
            await asyncio.sleep(0.02)


async def _unacknowledged(settings: Settings) -> int:
    """Return how many action requests a worker that starts now would run."""
    admin = clients.admin(settings)
    await admin.start()
    try:
        group = f"{settings.topic_prefix}playbooks-steps"
        committed = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    name = topics.ACTION_REQUESTS.named(settings.topic_prefix)
    acknowledged = {
        place.partition: Acknowledgements(said.offset, said.metadata)
        for place, said in committed.items()
    }
    return sum(
        [
            acknowledged.setdefault(record.partition, Acknowledgements(0)).take(record.offset)
            async for record in logs.history(settings, name, range(settings.partitions))
        ]
    )


async def events_until_ended(
    settings: Settings, executions: int, timeout_seconds: float = 60
) -> dict[str, list[Event]]:
    """Return the events by execution once so many executions have ended."""
    read = await values_until(
        settings,
        topics.EXECUTION_EVENTS,
        lambda found: sum(value["type"] in ENDS for value in found) >= executions,
        timeout_seconds,
    )
    return histories_of(read)


def histories_of(read: Iterable[dict[str, Any]]) -> dict[str, list[Event]]:
    """Return the events by execution."""
    histories: dict[str, list[Event]] = defaultdict(list)
    for value in read:
        histories[value["execution_id"]].append(codecs.decode_event(orjson.dumps(value)))
    record(histories.values())
    return dict(histories)


def assert_gapless(histories: dict[str, list[Event]]) -> None:
    """Check that every execution's events are 1, 2, 3 … each once, ending in an end."""
    for execution_id, history in histories.items():
        numbers = [event.sequence for event in history]
        assert numbers == list(range(1, len(history) + 1)), (execution_id, numbers)
        assert [event.type in ENDS for event in history].index(True) == len(history) - 1


def most_at_once(histories: Iterable[list[Event]]) -> int:
    """Return how many ran at the same time, at most, by what the log says."""
    changes = sorted(
        (event.at, 1 if event.type == "ExecutionStarted" else -1)
        for history in histories
        for event in history
        if event.type == "ExecutionStarted" or event.type in ENDS
    )
    running = [sum(change for _, change in changes[: n + 1]) for n in range(len(changes))]
    return max(running)
