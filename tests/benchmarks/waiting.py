"""What executions cost that wait, and how they wake: ``python -m tests.benchmarks waiting``.

A worker process as users run it. So many executions wait in a delay until one moment. What
the worker costs meanwhile is read from ``/proc``; it is killed and another one takes over; and
then the moment comes for all of them at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from subprocess import Popen
from typing import Any

import orjson
from aiokafka import TopicPartition

from api.processes import loops
from schemas.commands import StartExecution
from schemas.playbooks import PlaybookPublished
from streams import clients, topics
from streams.settings import Settings
from tests.benchmarks import deployment
from tests.benchmarks.processes import Cost
from tests.benchmarks.rows import Row, row
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


def measure(waiting_executions: int = 100_000, ahead: float = 0.0) -> list[Row]:
    """Measure so many. ahead: seconds from now until the moment; 0: as many as they take."""
    ahead_seconds = ahead or 60 + waiting_executions / STARTED_A_SECOND
    return loops.run(_measured(waiting_executions, ahead_seconds))


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


async def _waited(
    events: Counting, process: Popen[str], begin: Callable[[], Any], count: int
) -> list[Row]:
    """Let executions begin to wait; return what that costs."""
    rows = [row("worker without any execution", "MiB", [Cost(process.pid).resident])]
    began = time.monotonic()
    await begin()
    await events.until(count, "StepWaiting", "wait")
    seconds = time.monotonic() - began
    rows.append(row(f"{count:,} executions started", "/s", [count / seconds]))
    await asyncio.sleep(2)
    before = Cost(process.pid)
    await asyncio.sleep(IDLE_SECONDS)
    after = Cost(process.pid)
    idle = (after.cpu_seconds - before.cpu_seconds) / IDLE_SECONDS
    return [
        *rows,
        row("worker while they wait", "MiB", [after.resident]),
        row("processor while they wait", "%", [100 * idle]),
    ]


async def _fired(events: Counting, process: Popen[str], moment: datetime, count: int) -> list[Row]:
    """Wait for the moment; return how long it takes until all have gone on, and have ended."""
    restored = Cost(process.pid)
    seconds = moment.timestamp() - time.time()
    assert seconds > 0, "the moment came too early: let it be further --ahead"
    await asyncio.sleep(seconds)
    before = Cost(process.pid)
    rows = [
        row("processor from the restart on", "s", [restored.cpu_seconds]),
        row("worker after the restart", "MiB", [restored.resident]),
    ]
    for what, kind in (
        ("fired", ("StepCompleted", "wait")),
        ("completed", ("ExecutionCompleted", None)),
    ):
        await events.until(count, *kind)
        used = Cost(process.pid).cpu_seconds - before.cpu_seconds
        rows += [
            row(f"all {what} after", "s", [time.time() - moment.timestamp()]),
            row(f"processor from the moment on, all {what}", "s", [used]),
        ]
    return [*rows, row("worker at its largest", "MiB", [Cost(process.pid).peak])]


async def _measured(count: int, ahead_seconds: float) -> list[Row]:
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
                rows = await _waited(
                    events, running.processes[0], lambda: begin(range(count)), count
                )
                began = time.monotonic()
                running.kill(0)
                # Whoever answers these has restored the partition.
                late = range(count, count + 10 * settings.partitions)
                await begin(late)
                await events.until(count + len(late), "StepWaiting", "wait")
                rows.append(row("killed, and at work again after", "s", [time.monotonic() - began]))
                return rows + await _fired(events, running.processes[0], moment, count)
