"""The log as somebody follows it who must miss nothing, through every restart of the broker."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams import clients, topics
from streams.positions import LoggedEvent
from streams.settings import Settings
from tests.e2e.log import ENDS

SEND_SECONDS = 120.0


class Followed:
    """What has come so far, by execution. findings: the event ids of what started them.

    playbook_ids: only events of these; none: all.
    """

    def __init__(self, consumer: AIOKafkaConsumer, playbook_ids: Collection[str]) -> None:
        self.histories: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self.findings: Counter[str] = Counter()
        self.ended = 0
        self._consumer = consumer
        self._playbook_ids = playbook_ids

    async def until_ended(self, executions: int, timeout_seconds: float = 120) -> None:
        """Follow until so many executions have ended."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while self.ended < executions:
                    await self._take()
        except TimeoutError:
            open_ones = [n for n, told in self.histories.items() if told[-1][1] not in ENDS]
            raise AssertionError(
                f"{self.ended} of {executions} executions have ended, "
                f"{len(open_ones)} are open: {[self.histories[n] for n in open_ones[:3]]}"
            ) from None

    def assert_right(self, sent: Iterable[str], types: list[str]) -> None:
        """Check that each finding has led to one execution, with these events, each once."""
        assert self.findings == Counter(sent)
        expected = list(enumerate(types, 1))
        wrong = {name: told for name, told in self.histories.items() if told != expected}
        assert wrong == {}

    async def _take(self) -> None:
        taken = await self._consumer.getmany(timeout_ms=200)
        for records in taken.values():
            for record in records:
                said = LoggedEvent.of(record).said
                if not self._playbook_ids or said.get("playbook_id") in self._playbook_ids:
                    self._note(said)

    def _note(self, event: dict[str, Any]) -> None:
        self.histories[event["execution_id"]].append((event["sequence"], event["type"]))
        self.ended += event["type"] in ENDS
        if event["type"] == "ExecutionStarted":
            self.findings[event["event"]["id"]] += 1


@asynccontextmanager
async def followed(settings: Settings, *playbook_ids: str) -> AsyncIterator[Followed]:
    """Follow ``execution-events`` from the beginning."""
    name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
    places = [TopicPartition(name, partition) for partition in range(settings.partitions)]
    consumer = clients.consumer(settings)
    try:
        await consumer.start()
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        yield Followed(consumer, playbook_ids)
    finally:
        await clients.stop(consumer)


class Sender:
    """A scanner: it sends its findings until the broker has taken them."""

    def __init__(self, producer: AIOKafkaProducer, topic_name: str) -> None:
        self._producer = producer
        self._topic_name = topic_name

    async def send(self, findings: Iterable[dict[str, Any]]) -> None:
        """Put findings on their topic. What is sent again has come before, maybe."""
        pending = list(findings)
        async with asyncio.timeout(SEND_SECONDS):
            while pending:
                sent = [await self._sent(finding) for finding in pending]
                outcomes = await asyncio.gather(*sent, return_exceptions=True)
                unexpected = [o for o in outcomes if isinstance(o, Exception)]
                assert all(isinstance(o, KafkaError) for o in unexpected), unexpected
                pending = [
                    finding
                    for finding, outcome in zip(pending, outcomes, strict=True)
                    if isinstance(outcome, Exception)
                ]

    async def _sent(self, finding: dict[str, Any]) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = await self._producer.send(
            self._topic_name,
            orjson.dumps(finding),
            key=finding["data"]["asset"]["id"].encode(),
        )
        return future


@asynccontextmanager
async def sender(settings: Settings) -> AsyncIterator[Sender]:
    """Give a scanner that is connected."""
    async with clients.producer(settings) as producer:
        yield Sender(producer, topics.FINDINGS.named(settings.topic_prefix))
