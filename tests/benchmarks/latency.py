"""How long things take while others are under way: ``python -m tests.benchmarks latency``.

At a tenth, half and nine tenths of what the machine can do, as found first: from a finding to the
first action that it leads to being asked for, and from a transition to the REST API telling of it.
Beside them, in the same moments, a bare round trip through Kafka: a producer and a consumer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from statistics import quantiles
from typing import Any

import orjson
from aiohttp import ClientSession
from aiokafka import TopicPartition

from api.keys.admin import FILE_NAME
from api.processes import loops
from streams import clients, topics
from streams.settings import Settings
from streams.topics import Topic
from tests.benchmarks import deployment, throughput
from tests.benchmarks.rows import Bar, Row, at_most, row
from tests.e2e import processes
from tests.e2e.findings import findings, logging_playbook

SHARES = {"10": 0.1, "50": 0.5, "90": 0.9}
PROBES_SECONDS = 0.05
ASKED_SECONDS = 0.005
"""Until the API is asked again for what it did not know yet."""

BARS: dict[tuple[str, str], Bar] = {
    ("finding to action request", "50"): at_most(100),
    ("transition to REST", "50"): at_most(250),
}


class Latencies:
    """What has been seen at one share: seconds, by what they are of."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = {}

    def add(self, name: str, seconds: float) -> None:
        """Note one more."""
        self.seen.setdefault(name, []).append(seconds)


def measure(
    latency_seconds: float = 10.0,
    most: int = 2_000,
    workers: str = "triggers,executions,steps",
) -> Iterator[Row]:
    """Measure for so long at each share. most: executions with which the maximum is found.

    workers: the agents of each worker process, separated by ``/``.
    """
    maximum, found = loops.run(_measured(latency_seconds, most, workers.split("/")))
    yield row("five-step executions, at most", "/s", [maximum])
    for share, latencies in found.items():
        for name, seconds in latencies.seen.items():
            percentiles = quantiles(seconds, n=100)
            yield row(f"{name}, at {share} %: p50", "ms", [1_000 * percentiles[49]])
            bar = BARS.get((name, share))
            yield row(f"{name}, at {share} %: p99", "ms", [1_000 * percentiles[98]], bar)


async def _measured(
    seconds: float, most: int, workers: list[str]
) -> tuple[float, dict[str, Latencies]]:
    async with deployment.broker() as address:
        async with deployment.deployment(address, "bench-most.") as (settings, registry):
            await deployment.publish(settings, registry, [logging_playbook(throughput.STEPS)])
            await deployment.send_findings(settings, findings(most))
            took, _ = await asyncio.to_thread(throughput.completed, settings, most, workers)
        async with deployment.deployment(address, "bench-latency.") as (settings, registry):
            await deployment.publish(settings, registry, [logging_playbook(throughput.STEPS)])
            return most / took, await _at_shares(settings, most / took, seconds, workers)


async def _at_shares(
    settings: Settings, most: float, seconds: float, workers: list[str]
) -> dict[str, Latencies]:
    found: dict[str, Latencies] = {}
    with ExitStack() as stack:
        for agents in workers:
            worker = processes.spawn(settings, "worker", "--agents", agents)
            stack.callback(processes.end, worker)
            assert worker.stdout is not None
            await asyncio.to_thread(worker.stdout.readline)
        api = processes.spawn(settings, "api", "--api-port", "0", "--rate-limit", "0")
        stack.callback(processes.end, api)
        assert api.stdout is not None
        url = (await asyncio.to_thread(api.stdout.readline)).split()[1]
        numbered = enumerate(findings(1_000_000))
        for share, part in {"warm": 0.5, **SHARES}.items():
            found[share] = await _at(settings, url, part * most, seconds, numbered)
    del found["warm"]
    return found


async def _at(
    settings: Settings, url: str, a_second: float, seconds: float, numbered: Any
) -> Latencies:
    """Send findings at one rate and look at what becomes of them."""
    latencies = Latencies()
    watch = _Watch(settings, latencies)
    watching = [
        asyncio.create_task(each)
        for each in (watch.events(), watch.requests(), watch.rest(url), watch.round_trips())
    ]
    await watch.ready.wait()
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.producer(settings) as producer:
        began = time.time()
        for count, (number, finding) in enumerate(numbered, 1):
            wait = began + count / a_second - time.time()
            if wait > 0:
                await asyncio.sleep(wait)
            watch.sent[finding["id"]] = time.time()
            key = f"a-{number % 50}".encode()
            await producer.send(name, orjson.dumps(finding), key=key)
            if time.time() - began > seconds:
                break
    await asyncio.sleep(1)  # for the last ones to arrive
    for each in watching:
        each.cancel()
    for outcome in await asyncio.gather(*watching, return_exceptions=True):
        if not isinstance(outcome, asyncio.CancelledError | None):
            raise outcome
    return latencies


class _Watch:
    """Sees findings become executions, requests and answers. Times are of this machine's clock."""

    def __init__(self, settings: Settings, latencies: Latencies) -> None:
        self.sent: dict[str, float] = {}
        self.ready = asyncio.Event()
        self._settings = settings
        self._latencies = latencies
        self._causes: dict[str, str] = {}
        self._requested: dict[str, float] = {}
        self._latest: dict[str, Any] = {}
        self._happened = asyncio.Event()
        self._started = 0

    async def events(self) -> None:
        """Note which finding led to which execution, and what happened last."""
        async with self._follow(topics.EXECUTION_EVENTS) as records:
            async for record in records:
                event = orjson.loads(record.value)
                self._latest = event
                self._happened.set()
                if event["type"] == "ExecutionStarted":
                    self._causes[event["execution_id"]] = event["event"]["id"]
                    self._match(event["execution_id"])

    async def requests(self) -> None:
        """Note when the first action of an execution is asked for."""
        async with self._follow(topics.ACTION_REQUESTS) as records:
            async for record in records:
                if record.value.find(b'"step_id":"step-0"') >= 0:
                    self._requested[record.key.decode()] = time.time()
                    self._match(record.key.decode())

    def _match(self, execution_id: str) -> None:
        finding = self._causes.get(execution_id)
        if finding in self.sent and execution_id in self._requested:
            seconds = self._requested[execution_id] - self.sent[finding]
            self._latencies.add("finding to action request", seconds)

    async def rest(self, url: str) -> None:
        """Ask, now and then, for an execution until the answer has what happened last."""
        key = (self._settings.data_dir / FILE_NAME).read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        async with ClientSession(headers=headers) as session:
            while True:
                self._happened.clear()
                await self._happened.wait()
                event = self._latest
                at = datetime.fromisoformat(event["at"]).timestamp()
                while True:
                    path = f"{url}/api/playbooks/executions/{event['execution_id']}"
                    async with session.get(path) as answer:
                        said = await answer.json()
                    if _sequence(said) >= event["sequence"]:
                        break
                    await asyncio.sleep(ASKED_SECONDS)
                self._latencies.add("transition to REST", time.time() - at)
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
                self._latencies.add("bare Kafka round trip", time.time() - began)
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


def _sequence(said: dict[str, Any]) -> int:
    """Return the number of the latest event that an answer knows of."""
    return int((said.get("data") or {}).get("sequence", 0))
