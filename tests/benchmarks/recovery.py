"""A worker is killed: how soon another one goes on. ``python -m tests.benchmarks recovery``.

So many executions wait; each has a snapshot that the new owner of its partition must restore. How
fast it does so is told beside a consumer that reads the same snapshots and does nothing with them.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from api.processes import loops
from streams import logs, topics
from streams.settings import Settings
from streams.snapshots import PartitionExecutions
from tests.benchmarks import deployment, waiting
from tests.benchmarks.rows import Row, at_least, at_most, compared, row
from tests.e2e import log, processes


def measure(open_executions: int = 20_000, rounds: int = 3) -> Iterator[Row]:
    """Measure with so many open executions; 100,000 take minutes to start."""
    seconds, restored, raw = loops.run(_measured(open_executions, rounds))
    what = f"{open_executions:,} open executions"
    yield row(f"kill -9 of the worker of {what}: processing again", "s", seconds, at_most(10))
    yield compared(
        f"snapshots of {what} restored", "/s", restored, "the same, read only", raw, at_least(0.3)
    )


async def _measured(count: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    prefix = "bench-recovery."
    async with deployment.broker() as address, deployment.deployment(address, prefix) as made:
        settings, registry = made
        await deployment.publish(settings, registry, [waiting.PLAYBOOK])
        [playbook] = registry.currents()
        until = datetime.now(UTC) + timedelta(days=1)
        seconds: list[float] = []
        async with waiting.counting(settings) as events:
            with processes.workers(settings, 1) as running:
                running.wait_until_ready()
                await log.send_commands(settings, waiting.starts(range(count), playbook, until))
                await events.until(count, "StepWaiting", "wait")
                for _ in range(rounds):
                    began = time.monotonic()
                    running.kill(0)
                    # Whoever answers these has restored the partition.
                    late = range(count, count + 10 * settings.partitions)
                    await log.send_commands(settings, waiting.starts(late, playbook, until))
                    count += len(late)
                    await events.until(count, "StepWaiting", "wait")
                    seconds.append(time.monotonic() - began)
        raw, restored = [], []
        for number in range(rounds + 1):
            figures = await _read(settings, count), await _restored(settings, count)
            if number:  # The first round warms up.
                raw.append(figures[0])
                restored.append(figures[1])
    return seconds, restored, raw


async def _read(settings: Settings, count: int) -> float:
    """Return the executions a second whose snapshots are read, however many each has."""
    name = topics.EXECUTION_SNAPSHOTS.named(settings.topic_prefix)
    began = time.perf_counter()
    for partition in range(settings.partitions):
        async for _ in logs.history(settings, name, [partition]):
            pass
    return count / (time.perf_counter() - began)


async def _restored(settings: Settings, count: int) -> float:
    """Return the executions a second that are restored, by the worker's own code."""
    began = time.perf_counter()
    found = 0
    for partition in range(settings.partitions):
        state = PartitionExecutions(settings, partition)
        await state.restore()
        found += len(state)
        await asyncio.sleep(0)
    assert found == count, (found, count)
    return count / (time.perf_counter() - began)
