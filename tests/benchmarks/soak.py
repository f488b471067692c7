"""A deployment at work for an hour: what grows? ``python -m tests.benchmarks soak``.

Workers, an API and a broker as users start them take five-step executions at an even rate, half
of what the machine can do unless one is named. Every minute what they cost and how quick they
are is written to ``--samples FILE`` as a line of JSON; a picture of it stands beside it in the
end. The rows tell the last sixth of the time beside the second one: the first one warms up.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from api.processes import loops
from streams.settings import Settings
from tests.benchmarks import courses, deployment, latency, throughput, watching
from tests.benchmarks.rows import Bar, Row, at_most, compared, row
from tests.benchmarks.running import running
from tests.benchmarks.samples import (
    HARNESS,
    Figure,
    Sample,
    cpu_ms,
    p50_ms,
    p99_ms,
    rss_mib,
    sixth,
    typical,
)
from tests.benchmarks.sampling import Sampler
from tests.e2e.findings import findings, logging_playbook

LAST_SECONDS = 300.0
"""How long the last executions may take to complete, when no more findings come."""

PREFIX = "bench-soak."


def measure(
    soak_seconds: float = 3_600.0,
    rate: float = 0.0,
    sample_seconds: float = 60.0,
    samples: str = "",
    keep: str = "",
    most: int = 10_000,
    workers: str = "triggers,executions,steps",
    partitions: int = deployment.PARTITIONS,
) -> Iterator[Row]:
    """Measure for so long.

    rate: executions a second; 0: half of the maximum, which ``most`` executions find. samples: a
    file for what is seen. keep: a directory for the data of broker and API, which stay there.
    workers: the agents of each worker process, separated by ``/``.
    """
    if soak_seconds < 6 * sample_seconds:
        raise SystemExit("each sixth of --soak-seconds must have a sample: less --sample-seconds")
    if keep and Path(keep).exists():
        raise SystemExit(f"{keep} is there already: --keep makes a directory")
    soak = _Soak(soak_seconds, sample_seconds, Path(samples) if samples else None)
    kept = Path(keep) if keep else None
    loops.run(soak.run(rate, most, workers.split("/"), partitions, kept))
    if soak.file is not None:
        soak.file.with_suffix(".svg").write_text(courses.picture(soak.samples))
    yield from _rows(soak.samples)
    yield row(
        "findings without a completed execution, in the end", "", [abs(soak.lost)], at_most(0)
    )


class _Soak:
    """One run. samples: what has been seen. lost: findings that have not become executions."""

    def __init__(self, seconds: float, sample_seconds: float, file: Path | None) -> None:
        self.samples: list[Sample] = []
        self.lost = 0
        self.file = file
        self._seconds = seconds
        self._sample_seconds = sample_seconds

    async def run(
        self, rate: float, most: int, workers: list[str], partitions: int, keep: Path | None
    ) -> None:
        """Measure, and leave the samples."""
        async with deployment.broker(keep and keep / "broker") as address:
            rate = rate or 0.5 * await latency.maximum(address, most, workers, partitions)
            kept = keep and keep / "api"
            async with deployment.deployment(address, PREFIX, partitions, kept) as made:
                settings, registry = made
                await deployment.publish(settings, registry, [logging_playbook(throughput.STEPS)])
                async with running(settings, workers) as (url, pids):
                    await self._work(settings, url, pids, rate)

    async def _work(self, settings: Settings, url: str, pids: dict[str, int], rate: float) -> None:
        sampler = Sampler(settings, pids)
        async with watching.watching(settings, url) as watch, asyncio.TaskGroup() as group:
            group.create_task(self._sample(sampler, watch))
            await watching.send(settings, findings(10**9), rate, self._seconds, watch)
            deadline = time.monotonic() + LAST_SECONDS
            while (completed := await asyncio.to_thread(sampler.completed)) != watch.sent:
                if time.monotonic() > deadline:
                    break
                await asyncio.sleep(1)
            self.lost = watch.sent - completed

    async def _sample(self, sampler: Sampler, watch: watching.Watch) -> None:
        if self.file is not None:
            self.file.write_bytes(b"")
        began = time.monotonic()
        for number in range(1, int(self._seconds / self._sample_seconds) + 1):
            await asyncio.sleep(began + number * self._sample_seconds - time.monotonic())
            latencies = watch.latencies.take()
            sample = await asyncio.to_thread(sampler.take, watch.sent, latencies)
            self.samples.append(sample)
            if self.file is not None:
                with self.file.open("ab") as lines:
                    lines.write(sample.line())


def _rows(samples: list[Sample]) -> Iterator[Row]:
    """Yield the rows of a run: the last sixth of its samples beside the second one."""
    second, last = sixth(samples, 2), sixth(samples, 6)
    reference = f"after {typical(second, lambda each: each.completed):,.0f}"
    after = f"after {typical(last, lambda each: each.completed):,.0f} executions"

    def told(name: str, unit: str, figure: Figure, bar: Bar | None = None) -> Row:
        values = [typical(last, figure)], [typical(second, figure)]
        return compared(f"{name}, {after}", unit, values[0], reference, values[1], bar)

    names = [name for name in samples[-1].cpu_ms if name != HARNESS]
    for name in names:
        yield told(f"processor of {name}, an execution", "ms", cpu_ms(name), at_most(1.3))
    for name in [*names, HARNESS]:
        yield told(f"memory of {name}", "MiB", rss_mib(name))
    for name in samples[-1].latencies:
        yield told(f"{name}: p50", "ms", p50_ms(name))
        yield told(f"{name}: p99", "ms", p99_ms(name))
    # Nothing open is as good as one.
    yield told("findings sent and not completed", "", lambda s: max(1, s.lag))
    yield row("disk of the broker, an execution", "KiB", [_disk(samples, "broker_mib")])
    yield row("disk of the table, an execution", "KiB", [_disk(samples, "table_mib")])
    yield row("executions", "", [samples[-1].completed])


def _disk(samples: list[Sample], name: str) -> float:
    """Return the KiB that an execution takes."""
    return 1024 * float(getattr(samples[-1], name)) / max(1, samples[-1].completed)
