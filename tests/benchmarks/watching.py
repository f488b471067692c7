"""What a deployment's clients see of it while it works: how long things take, window by window.

From a finding to the first action that it leads to being asked for, and from a transition to the
REST API telling of it; beside them a bare round trip through Kafka. What has been seen is let go
of when it is asked for, and what is waited for when it has come: who watches for an hour stays as
small as who watches for ten seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from statistics import quantiles
from typing import Any

import orjson
from aiohttp import ClientSession
from aiokafka import AIOKafkaConsumer, TopicPartition

from api.keys.admin import FILE_NAME
from streams import clients, topics
from streams.settings import Settings
from streams.topics import Topic

TO_REQUEST = "finding to action request"
TO_REST = "transition to REST"
ROUND_TRIP = "bare Kafka round trip"

PROBES_SECONDS = 0.05
ASKED_SECONDS = 0.005
"""Until the API is asked again for what it did not know yet."""

_STARTED = b'"ExecutionStarted"'
_FIRST_STEP = b'"step_id":"step-0"'


class Latencies:
    """What has been seen since it was asked for last: seconds, by what they are of."""

    def __init__(self) -> None:
        self._seen: dict[str, list[float]] = {}

    def add(self, name: str, seconds: float) -> None:
        """Note one more."""
        self._seen.setdefault(name, []).append(seconds)

    def take(self) -> dict[str, tuple[float, float]]:
        """Return p50 and p99 of each, in ms, and forget them. Of one that was seen once: none."""
        seen, self._seen = self._seen, {}
        marks = {name: quantiles(each, n=100) for name, each in seen.items() if len(each) > 1}
        return {name: (1_000 * each[49], 1_000 * each[98]) for name, each in marks.items()}


class Watch:
    """Sees findings become executions, requests and answers. Times are of this machine's clock.

    sent: how many findings it has been told of.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self.latencies = Latencies()
        self.ready = asyncio.Event()
        self.sent = 0
        self._settings = settings
        self._url = url
        self._sent: dict[str, float] = {}
        self._causes: dict[str, str] = {}
        self._requested: dict[str, float] = {}
        self._latest = b""
        self._happened = asyncio.Event()
        self._started = 0

    def sends(self, finding_id: str) -> None:
        """Note that a finding is sent now."""
        self.sent += 1
        self._sent[finding_id] = time.time()

    async def events(self) -> None:
        """Note which finding led to which execution, and what happened last."""
        async with self._follow(topics.EXECUTION_EVENTS) as consumer:
            async for record in _records(consumer):
                self._latest = record.value
                self._happened.set()
                if record.value.find(_STARTED, 0, 64) >= 0:
                    event = orjson.loads(record.value)
                    self._causes[event["execution_id"]] = event["event"]["id"]
                    self._match(event["execution_id"])

    async def requests(self) -> None:
        """Note when the first action of an execution is asked for."""
        async with self._follow(topics.ACTION_REQUESTS) as consumer:
            async for record in _records(consumer):
                if record.value.find(_FIRST_STEP) >= 0:
                    self._requested[record.key.decode()] = time.time()
                    self._match(record.key.decode())

    def _match(self, execution_id: str) -> None:
        if execution_id in self._causes and execution_id in self._requested:
            requested_at = self._requested.pop(execution_id)
            sent_at = self._sent.pop(self._causes.pop(execution_id), None)
            if sent_at is not None:
                self.latencies.add(TO_REQUEST, requested_at - sent_at)

    async def rest(self) -> None:
        """Ask, now and then, for an execution until the answer has what happened last."""
        key = (self._settings.data_dir / FILE_NAME).read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        async with ClientSession(headers=headers) as session:
            while True:
                self._happened.clear()
                await self._happened.wait()
                event = orjson.loads(self._latest)
                at = datetime.fromisoformat(event["at"]).timestamp()
                path = f"{self._url}/api/playbooks/executions/{event['execution_id']}"
                while True:
                    async with session.get(path) as answer:
                        said = await answer.json()
                    if _sequence(said) >= event["sequence"]:
                        break
                    await asyncio.sleep(ASKED_SECONDS)
                self.latencies.add(TO_REST, time.time() - at)
                await asyncio.sleep(PROBES_SECONDS)

    async def round_trips(self) -> None:
        """Send a record and wait for it, by Kafka's means alone."""
        topic = topics.DEAD_LETTERS  # which nobody else reads
        async with (
            self._follow(topic) as records,
            clients.producer(self._settings) as producer,
        ):
            while True:
                began = time.time()
                await producer.send(topic.named(self._settings.topic_prefix), b"{}", partition=0)
                await anext(records)
                self.latencies.add(ROUND_TRIP, time.time() - began)
                await asyncio.sleep(PROBES_SECONDS)

    @asynccontextmanager
    async def _follow(self, topic: Topic) -> AsyncIterator[Any]:
        """Give the records of a topic that come from now on."""
        name = topic.named(self._settings.topic_prefix)
        async with clients.consumer(self._settings) as consumer:
            places = [TopicPartition(name, n) for n in range(self._settings.partitions)]
            consumer.assign(places)
            await consumer.seek_to_end(*places)
            self._started += 1
            if self._started >= len(("events", "requests", "round trips")):
                self.ready.set()
            yield consumer


@asynccontextmanager
async def watching(settings: Settings, url: str) -> AsyncIterator[Watch]:
    """Watch until the end of the block, which ends with an error if watching does."""
    watch = Watch(settings, url)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(each)
            for each in (watch.events(), watch.requests(), watch.rest(), watch.round_trips())
        ]
        await watch.ready.wait()
        yield watch
        for each in tasks:
            each.cancel()


async def send(
    settings: Settings,
    findings: Iterator[dict[str, Any]],
    a_second: float,
    seconds: float,
    watch: Watch,
) -> None:
    """Put findings on their topic at an even rate, for so long."""
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.producer(settings) as producer:
        began = time.monotonic()
        for number in range(int(seconds * a_second)):
            wait = began + number / a_second - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            finding = next(findings)
            watch.sends(finding["id"])
            key = finding["data"]["asset"]["id"].encode()
            await producer.send(name, orjson.dumps(finding), key=key)
            if time.monotonic() - began > seconds:
                break


async def _records(consumer: AIOKafkaConsumer) -> AsyncIterator[Any]:
    """Yield what comes, taken together: who watches takes little from the others."""
    while True:
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            for record in records:
                yield record


def _sequence(said: dict[str, Any]) -> int:
    """Return the number of the latest event that an answer knows of."""
    return int((said.get("data") or {}).get("sequence", 0))
