"""Five-step executions a second, to completion: ``python -m tests.benchmarks throughput``.

Workers and the process that keeps the table are started as users start them. The findings stand
on their topic before; time counts from the first row of the table to the last completed one. The
bare transactional loop (``bare.py``) says, before and after, what Kafka and aiokafka alone can do
here: an execution takes six commands.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

from schemas.executions import Status
from streams.settings import Settings
from streams.table.queries import ExecutionFilter
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import bare, deployment, running
from tests.benchmarks.processes import Cost
from tests.benchmarks.rows import Row, at_least, compared, row
from tests.e2e.findings import findings, logging_playbook

STEPS = 5
COMMANDS = 1 + STEPS
"""Of an execution: the start, and the result of each step."""

WAIT_SECONDS = 120.0
"""Without one more execution that has completed."""

POLL_SECONDS = 0.05


class Used(NamedTuple):
    """What a process took: ms of the processor for each execution, MiB of memory at its largest."""

    milliseconds: float
    mebibytes: float


def measure(
    executions: int = 10_000,
    commands: int = 60_000,
    workers: str = "triggers,executions,steps",
    partitions: int = deployment.PARTITIONS,
) -> Iterator[Row]:
    """Measure both. workers: the agents of each worker process, separated by ``/``."""
    measured = _measured(executions, commands, workers.split("/"), partitions)
    seconds, used, loops = asyncio.run(measured)
    for size, rates in loops.items():
        yield compared(
            f"five-step executions to completion, {executions:,} at once",
            "/s",
            [executions / seconds],
            f"bare transactional loop, {size} records / {COMMANDS}",
            [sum(rates) / len(rates) / COMMANDS],
            at_least(0.5),
        )
    for name, each in used.items():
        yield row(f"processor of {name}, an execution", "ms", [each.milliseconds])


async def _measured(
    count: int, commands: int, workers: list[str], partitions: int
) -> tuple[float, dict[str, Used], dict[str, list[float]]]:
    loops: dict[str, list[float]] = {size: [] for size in bare.PADDING}
    async with deployment.broker() as address:
        for size, rates in loops.items():
            rates.append(await bare_loop(address, f"bench-bare-1-{size}.", commands, size))
        async with deployment.deployment(address, "bench-throughput.", partitions) as made:
            settings, registry = made
            await deployment.publish(settings, registry, [logging_playbook(STEPS)])
            await deployment.send_findings(settings, findings(count))
            found = await asyncio.to_thread(completed, settings, count, workers)
        for size, rates in loops.items():
            rates.append(await bare_loop(address, f"bench-bare-2-{size}.", commands, size))
    return *found, loops


async def bare_loop(address: str, prefix: str, commands: int, size: str) -> float:
    """Return the commands a second of the bare loop, in a process of its own."""
    await bare.prepare(address, prefix, commands)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.bare", address, prefix, str(commands), size),
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return float(said)


def completed(settings: Settings, count: int, workers: list[str]) -> tuple[float, dict[str, Used]]:
    """Return the seconds until so many are completed, and what each process took.

    workers: for each worker process the agents that it runs.
    """
    with ExitStack() as stack:
        pids = running.pids(running.start(settings, workers, stack))
        table = Table(settings.data_dir / FILE_NAME)
        stack.callback(table.close)
        until(lambda: table.executions(ExecutionFilter(), per_page=1).total, 1)
        before = {name: Cost(pid).cpu_seconds for name, pid in pids.items()}
        began = time.perf_counter()
        is_completed = ExecutionFilter(status=Status.COMPLETED)
        until(lambda: table.executions(is_completed, per_page=1).total, count)
        seconds = time.perf_counter() - began
        used = {
            name: Used(1_000 * (cost.cpu_seconds - before[name]) / count, cost.peak)
            for name, cost in ((name, Cost(pid)) for name, pid in pids.items())
        }
    return seconds, used


def until(seen: Callable[[], float], count: int) -> float:
    """Wait until as many executions are seen, or a few more; return how many.

    They are looked for in the table, which other processes write.
    """
    before, deadline = 0.0, time.monotonic() + WAIT_SECONDS
    while (now := seen()) < count:
        if now > before:
            before, deadline = now, time.monotonic() + WAIT_SECONDS
        assert time.monotonic() < deadline, f"nothing moves after {now:,.0f} of {count:,}"
        time.sleep(POLL_SECONDS)
    return now
