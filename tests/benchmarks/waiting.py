"""What executions cost that wait, and how they wake: ``python -m tests.benchmarks waiting``.

A worker process as users run it. So many executions wait in a delay until one moment. What
the worker costs meanwhile is read from ``/proc``; it is killed and another one takes over; and
then the moment comes for all of them at once.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from subprocess import Popen
from typing import Any

import orjson
from aiokafka import TopicPartition

from schemas.commands import StartExecution
from schemas.playbooks import PlaybookPublished
from streams import clients, topics
from streams.settings import Settings
from tests.benchmarks import deployment
from tests.benchmarks.processes import Cost
from tests.e2e import log, processes
from tests.e2e.findings import findings, logging_playbook, start
from tests.examples import action, step

IDLE_SECONDS = 20.0
WAIT_SECONDS = 600.0

STARTED_A_SECOND = 1_000
"""Of a machine that has nothing else to do: the moment is set so far ahead, unless it is said."""

PLAYBOOK = logging_playbook(1) | {
    "id": "pb-waiting",
    "steps": [step("wait", "delay", until="{{ parameters.until }}"), action("after")],
}


class Counting:
    """The events that are committed, counted as they come."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str | None], int] = {}
        self._more = asyncio.Event()

    async def read(self, settings: Settings) -> None:
        """Count until cancelled."""
        name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
        async with clients.consumer(settings) as consumer:
            consumer.assign([TopicPartition(name, n) for n in range(settings.partitions)])
            async for record in consumer:
                event = orjson.loads(record.value)
                kind = event["type"], event.get("step_id")
                self._counts[kind] = self._counts.get(kind, 0) + 1
                self._more.set()

    async def until(self, count: int, kind: str, step_id: str | None = None) -> None:
        """Wait for so many events of a type."""
        async with asyncio.timeout(WAIT_SECONDS):
            while self._counts.get((kind, step_id), 0) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def counting(settings: Settings) -> AsyncIterator[Counting]:
    """Count the events as long as the block lasts."""
    events = Counting()
    reading = asyncio.create_task(events.read(settings))
    try:
        yield events
    finally:
        reading.cancel()
        await asyncio.wait({reading})


def starts(
    numbers: range, playbook: PlaybookPublished, until: datetime
) -> Iterator[StartExecution]:
    """Yield the commands that start executions, each with a finding of its own."""
    parameters = {"until": until.isoformat()}
    for number, finding in zip(numbers, findings(len(numbers)), strict=True):
        yield start(playbook, f"pexec-{number:036}", event=finding, parameters=parameters)


def say(what: str, value: float, unit: str) -> None:
    """Print a figure."""
    print(f"{what}: {value:,.1f} {unit}", flush=True)


async def waited(
    settings: Settings, events: Counting, process: Popen[str], begin: Callable[[], Any], count: int
) -> None:
    """Let executions begin to wait; print what that costs."""
    say("worker without any execution", Cost(process.pid).resident, "MiB")
    began = time.monotonic()
    await begin()
    await events.until(count, "StepWaiting", "wait")
    say(f"{count:,} executions started", count / (time.monotonic() - began), "a second")
    await asyncio.sleep(2)
    before = Cost(process.pid)
    await asyncio.sleep(IDLE_SECONDS)
    after = Cost(process.pid)
    say("worker while they wait", after.resident, "MiB")
    idle = (after.cpu_seconds - before.cpu_seconds) / IDLE_SECONDS
    say("processor while they wait", 100 * idle, "%")


async def fired(events: Counting, process: Popen[str], moment: datetime, count: int) -> None:
    """Wait for the moment; print how long it takes until all have gone on, and have ended."""
    restored = Cost(process.pid)
    say("processor until then", restored.cpu_seconds, "s")
    say("worker after the restart", restored.resident, "MiB")
    seconds = moment.timestamp() - time.time()
    assert seconds > 0, "the moment came too early: let it be further --ahead"
    await asyncio.sleep(seconds)
    before = Cost(process.pid)
    await events.until(count, "StepCompleted", "wait")
    say("all fired after", time.time() - moment.timestamp(), "s")
    say("processor until then", Cost(process.pid).cpu_seconds - before.cpu_seconds, "s")
    await events.until(count, "ExecutionCompleted")
    say("all completed after", time.time() - moment.timestamp(), "s")
    say("processor until then", Cost(process.pid).cpu_seconds - before.cpu_seconds, "s")
    say("worker at its largest", Cost(process.pid).peak, "MiB")


async def measured(count: int, ahead_seconds: float) -> None:
    """Measure, and print as it goes."""
    prefix = "bench-waiting."
    async with deployment.broker() as address, deployment.deployment(address, prefix) as made:
        settings, registry = made
        await deployment.publish(settings, registry, [PLAYBOOK])
        [playbook] = registry.currents()
        moment = datetime.now(UTC) + timedelta(seconds=ahead_seconds)

        async def begin(numbers: range) -> None:
            await log.send_commands(settings, starts(numbers, playbook, moment))

        async with counting(settings) as events:
            with processes.workers(settings, 1) as running:
                running.wait_until_ready()
                await waited(
                    settings, events, running.processes[0], lambda: begin(range(count)), count
                )
                began = time.monotonic()
                running.kill(0)
                # Whoever answers these has restored the partition.
                late = range(count, count + 10 * settings.partitions)
                await begin(late)
                await events.until(count + len(late), "StepWaiting", "wait")
                say("killed, and at work again after", time.monotonic() - began, "s")
                await fired(events, running.processes[0], moment, count)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks waiting", description=__doc__)
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--ahead", type=float, help="seconds from now until the moment")
    asked = parser.parse_args(arguments)
    ahead_seconds = asked.ahead or 60 + asked.executions / STARTED_A_SECOND
    asyncio.run(measured(asked.executions, ahead_seconds))
