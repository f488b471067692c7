"""What an execution costs as there are more, and longer ones: ``python -m tests.benchmarks cost``.

The processor's time of worker and API, the bytes on disk of broker and table, and the memory. Each
number of executions, and each length, has a deployment and processes of its own.
"""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks import deployment, disk, throughput
from tests.benchmarks.rows import Row, at_most, compared, row
from tests.e2e.findings import findings, logging_playbook

FEW_STEPS, MANY_STEPS = 5, 200


class Cost(NamedTuple):
    """Of one execution: ms of the processor, KiB on disk; and MiB of memory, of all together."""

    milliseconds: float
    kibibytes: float
    mebibytes: float


def measure(
    cost_executions: int = 10_000,
    long_executions: int = 100,
    workers: str = "triggers,executions,steps",
    partitions: int = deployment.PARTITIONS,
) -> Iterator[Row]:
    """Measure 1,000 executions, many, and some of 200 steps.

    workers: the agents of each worker process, separated by ``/``.
    """
    measured = _measured(cost_executions, long_executions, workers.split("/"), partitions)
    few, many, long = asyncio.run(measured)
    what = f"an execution of {FEW_STEPS} steps, {cost_executions:,}"
    yield compared(
        f"processor for {what}",
        "ms",
        [many.milliseconds],
        "1,000",
        [few.milliseconds],
        at_most(1.3),
    )
    yield compared(
        f"processor for a step of {MANY_STEPS}",
        "ms",
        [long.milliseconds / MANY_STEPS],
        f"of {FEW_STEPS}",
        [many.milliseconds / FEW_STEPS],
        at_most(1.5),
    )
    yield row(f"disk for {what} (log, snapshots, table)", "KiB", [many.kibibytes])
    yield row(f"memory of worker and API after {cost_executions:,}", "MiB", [many.mebibytes])


async def _measured(
    many: int, long: int, workers: list[str], partitions: int
) -> tuple[Cost, Cost, Cost]:
    async with deployment.broker() as address:
        return (
            await _cost(address, "bench-few.", workers, partitions, 1_000, FEW_STEPS),
            await _cost(address, "bench-many.", workers, partitions, many, FEW_STEPS),
            await _cost(address, "bench-long.", workers, partitions, long, MANY_STEPS),
        )


async def _cost(
    address: str, prefix: str, workers: list[str], partitions: int, count: int, steps: int
) -> Cost:
    async with deployment.deployment(address, prefix, partitions) as (settings, registry):
        await deployment.publish(settings, registry, [logging_playbook(steps)])
        await deployment.send_findings(settings, findings(count))
        _, used = await asyncio.to_thread(throughput.completed, settings, count, workers)
        ours = [each for name, each in used.items() if name != "broker"]
        size = await asyncio.to_thread(disk.log_bytes, prefix)
        return Cost(
            sum(each.milliseconds for each in ours),
            (size + disk.bytes_of(settings.data_dir)) / 1024 / count,
            sum(each.mebibytes for each in ours),
        )
