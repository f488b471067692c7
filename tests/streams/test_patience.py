"""Patience with brokers: who waits for them is told when they do not answer."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams import clients, logs, topics
from streams.patience import within
from streams.settings import Settings
from tests.e2e import log


async def test_who_waits_in_vain_is_told_what_is_not_the_case() -> None:
    with pytest.raises(KafkaTimeoutError, match=r"the offset is not known, after 0\.01 s"):
        async with within(0.01, "the offset is not known"):
            await asyncio.Event().wait()


async def test_who_ends_in_time_is_told_nothing() -> None:
    async with within(60, "this is not the case"):
        await asyncio.sleep(0)


async def test_who_reads_to_the_end_is_told_when_nothing_comes_any_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "ANSWER_SECONDS", 0.5)
    await log.send(settings, topics.FINDINGS, [(b"key", b"{}")])
    name = topics.FINDINGS.named(settings.topic_prefix)
    places = [TopicPartition(name, number) for number in range(settings.partitions)]
    async with clients.consumer(settings) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        consumer.pause(*places)
        with pytest.raises(KafkaTimeoutError, match=r"nothing comes of .*findings"):
            [record async for record in logs.to_the_end(consumer, places)]
