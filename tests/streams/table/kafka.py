"""The topics that are projected, written to as the execution agent does."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import uuid4

from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from schemas.commands import Rejection
from schemas.events import Event
from streams import clients, codecs, topic_requests, topics
from streams.settings import Settings
from streams.table.store import TableError
from streams.table.table import Table
from tests.examples import Story
from tests.streams.table.log import story

TIMEOUT_SECONDS = 60


async def publish(
    settings: Settings, messages: Iterable[Event | Rejection], *, aborted: bool = False
) -> None:
    """Put messages on their topics in one transaction. aborted: as if its worker had died."""
    async with clients.producer(settings, transactional_id=f"test-{uuid4()}") as producer:
        await producer.begin_transaction()
        for message in messages:
            topic = topics.REJECTIONS if isinstance(message, Rejection) else topics.EXECUTION_EVENTS
            await producer.send(
                topic.named(settings.topic_prefix),
                codecs.encode(message),
                key=message.execution_id.encode(),
            )
        await producer.flush()
        await (producer.abort_transaction() if aborted else producer.commit_transaction())


async def publish_stories(settings: Settings, first: int, count: int) -> list[Story]:
    """Put so many executions on the log, numbered from ``first`` on, and return them."""
    stories = [story(f"pexec-{number}") for number in range(first, first + count)]
    await publish(settings, (event for told in stories for event in told.events))
    return stories


async def remove_records(
    settings: Settings, before: int, topic: topics.Topic = topics.EXECUTION_EVENTS
) -> None:
    """Let retention remove what stands before an offset, in each partition of a topic."""
    name = topic.named(settings.topic_prefix)
    async with topic_requests.admin(settings) as admin:
        await admin.delete_records(
            {
                TopicPartition(name, partition): RecordsToDelete(before_offset=before)
                for partition in range(settings.partitions)
            }
        )


async def shown(table: Table, stories: Iterable[Story]) -> None:
    """Wait until the table tells executions as they are."""
    for told in stories:
        await until(table, lambda told=told: table.execution(told.execution_id) == told.execution)


async def until(table: Table, condition: Callable[[], bool]) -> None:
    """Wait for something that the projection brings about, also through a rebuild of the table."""

    def met() -> bool | None:
        with suppress(TableError):
            return condition() or None
        return None

    if not await table.wait(met, TIMEOUT_SECONDS):
        raise AssertionError(f"not in {TIMEOUT_SECONDS} s; the table is at {table.position}")


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for something that nobody tells."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
