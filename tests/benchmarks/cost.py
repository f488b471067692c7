"""What an execution costs as there are more, and longer ones: ``python -m tests.benchmarks cost``.

The processor's time of worker and API, the bytes on disk of broker and table, and the memory. All
figures are of the same pressure: findings stand on their topic from the beginning, more of them
than are carried out while it is measured.

Executions that begin together go on together, some thousands at a time, and end nearly at once. So
what is counted is transitions, twelve to an execution: those that end in a while may have been
carried out long before.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

from streams import topics
from streams.settings import Settings
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import deployment, disk, running, throughput
from tests.benchmarks.processes import Cost
from tests.benchmarks.rows import Row, at_most, compared, row
from tests.e2e.findings import findings, logging_playbook

FEW_STEPS, MANY_STEPS = 5, 200

TRANSITIONS = 2 + 2 * FEW_STEPS
"""Of an execution: it and each of its steps begins and ends."""

FEW = (1_000, 2_000)
"""Between these numbers of executions is what all others stand beside."""

SPARE_FINDINGS = 8_000
"""Besides those that are measured: to the last of these, others are begun, as in the first."""


class Mark(NamedTuple):
    """Where a deployment stands: executions carried out, seconds of the processor, disk, memory."""

    executions: float
    cpu_seconds: float
    disk_bytes: int
    resident_mebibytes: float


class Deployed(NamedTuple):
    """How a deployment is made. workers: of each the agents that it runs."""

    address: str
    workers: list[str]
    partitions: int


def measure(
    cost_executions: int = 10_000,
    long_executions: int = 100,
    workers: str = "triggers,executions,steps",
    partitions: int = deployment.PARTITIONS,
) -> Iterator[Row]:
    """Measure as many executions beside the second thousand of another deployment, then long ones.

    workers: the agents of each worker process, separated by ``/``.
    """
    measured = _measured(cost_executions, long_executions, workers.split("/"), partitions)
    few, many, long = asyncio.run(measured)
    before, last = many[-2], many[-1]
    reference = "from {:,} to {:,}, before and after".format(*FEW)
    for earlier, later in pairwise(many):
        numbers = f"from {earlier.executions:,.0f} to {later.executions:,.0f}"
        yield compared(
            f"processor for an execution, {numbers}",
            "ms",
            [_milliseconds(earlier, later)],
            reference,
            [few],
            at_most(1.3),
        )
    yield compared(
        f"processor for a step of {MANY_STEPS}",
        "ms",
        [long / MANY_STEPS],
        f"of {FEW_STEPS}",
        [_milliseconds(before, last) / FEW_STEPS],
        at_most(1.5),
    )
    what = f"an execution of {last.executions:,.0f} (log, snapshots, table)"
    yield row(f"disk for {what}", "KiB", [last.disk_bytes / 1024 / last.executions])
    for mark in many:
        said = f"memory of worker and API after {mark.executions:,.0f}"
        yield row(said, "MiB", [mark.resident_mebibytes])


def counts(most: int) -> list[int]:
    """Return where to look: at each power of ten, and before the last tenth of all."""
    powers = [10**power for power in range(3, 12) if 10**power < most * 9 // 10]
    return [*powers, most * 9 // 10, most]


async def _measured(
    many: int, long: int, workers: list[str], partitions: int
) -> tuple[float, list[Mark], float]:
    async with deployment.broker() as address:
        deployed = Deployed(address, workers, partitions)
        before = await _marks(deployed, "bench-before.", list(FEW))
        marks = await _marks(deployed, "bench-many.", counts(many))
        after = await _marks(deployed, "bench-after.", list(FEW))
        long_milliseconds = await _long(deployed, "bench-long.", long)
    few = mean(_milliseconds(*each) for each in (before, after))
    return few, marks, long_milliseconds


def _milliseconds(earlier: Mark, later: Mark) -> float:
    """Return what an execution between two marks took of the processor."""
    seconds = later.cpu_seconds - earlier.cpu_seconds
    return 1_000 * seconds / (later.executions - earlier.executions)


async def _marks(deployed: Deployed, prefix: str, asked: list[int]) -> list[Mark]:
    """Let a deployment carry out as many executions; return how it stood at each of the counts."""
    made = deployment.deployment(deployed.address, prefix, deployed.partitions)
    async with made as (settings, registry):
        await deployment.publish(settings, registry, [logging_playbook(FEW_STEPS)])
        await deployment.send_findings(settings, findings(asked[-1] + SPARE_FINDINGS))
        return await asyncio.to_thread(_passed, settings, prefix, deployed.workers, asked)


def _passed(settings: Settings, prefix: str, workers: list[str], asked: list[int]) -> list[Mark]:
    with ExitStack() as stack:
        pids = running.pids(running.start(settings, workers, stack))
        table = Table(settings.data_dir / FILE_NAME)
        stack.callback(table.close)
        name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
        carried_out = partial(_carried_out, table, name)
        marks = []
        for count in asked:
            executions = throughput.until(carried_out, count)
            ours = [Cost(pid) for name, pid in pids.items() if name != "broker"]
            cpu_seconds = sum(each.cpu_seconds for each in ours)
            size = disk.log_bytes(prefix) + disk.bytes_of(settings.data_dir)
            marks.append(Mark(executions, cpu_seconds, size, sum(each.resident for each in ours)))
    return marks


def _carried_out(table: Table, name: str) -> float:
    """Return how many executions the table has read from the topic of that name."""
    # With the marks of transactions, of which there is one to hundreds of transitions.
    offsets = table.position.offsets.items()
    return sum(offset for place, offset in offsets if place.topic == name) / TRANSITIONS


async def _long(deployed: Deployed, prefix: str, count: int) -> float:
    """Return what an execution of many steps takes of the processor, in ms."""
    made = deployment.deployment(deployed.address, prefix, deployed.partitions)
    async with made as (settings, registry):
        await deployment.publish(settings, registry, [logging_playbook(MANY_STEPS)])
        await deployment.send_findings(settings, findings(count))
        completed = throughput.completed
        _, used = await asyncio.to_thread(completed, settings, count, deployed.workers)
        return sum(each.milliseconds for name, each in used.items() if name != "broker")
