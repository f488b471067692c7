"""How long things take while others are under way: ``python -m tests.benchmarks latency``.

At a tenth, half and nine tenths of what the machine can do, as found first: from a finding to the
first action that it leads to being asked for, and from a transition to the REST API telling of it.
Beside them, in the same moments, a bare round trip through Kafka: a producer and a consumer.
"""

import asyncio
from collections.abc import Iterator

from api.processes import loops
from streams.settings import Settings
from tests.benchmarks import deployment, throughput, watching
from tests.benchmarks.rows import Bar, Row, at_most, row
from tests.benchmarks.running import running
from tests.e2e.findings import findings, logging_playbook

SHARES = {"10": 0.1, "50": 0.5, "90": 0.9}

WARM_SECONDS = 45.0
"""Under half of the load, before anything is measured: a broker compiles what it does meanwhile."""

BARS: dict[tuple[str, str], Bar] = {
    (watching.TO_REQUEST, "50"): at_most(100),
    (watching.TO_REST, "50"): at_most(250),
}

Percentiles = dict[str, tuple[float, float]]
"""p50 and p99 in ms, by what they are of."""


def measure(
    latency_seconds: float = 10.0,
    most: int = 10_000,
    workers: str = "triggers,executions,steps",
    partitions: int = deployment.PARTITIONS,
) -> Iterator[Row]:
    """Measure for so long at each share. most: executions with which the maximum is found.

    workers: the agents of each worker process, separated by ``/``.
    """
    measured = _measured(latency_seconds, most, workers.split("/"), partitions)
    maximum, found = loops.run(measured)
    yield row("five-step executions, at most", "/s", [maximum])
    for share, percentiles in found.items():
        for name, (p50, p99) in percentiles.items():
            yield row(f"{name}, at {share} %: p50", "ms", [p50])
            yield row(f"{name}, at {share} %: p99", "ms", [p99], BARS.get((name, share)))


async def maximum(address: str, executions: int, workers: list[str], partitions: int) -> float:
    """Return the five-step executions a second of a deployment of its own."""
    async with deployment.deployment(address, "bench-most.", partitions) as (settings, registry):
        await deployment.publish(settings, registry, [logging_playbook(throughput.STEPS)])
        await deployment.send_findings(settings, findings(executions))
        took, _ = await asyncio.to_thread(throughput.completed, settings, executions, workers)
        return executions / took


async def _measured(
    seconds: float, executions: int, workers: list[str], partitions: int
) -> tuple[float, dict[str, Percentiles]]:
    async with deployment.broker() as address:
        most = await maximum(address, executions, workers, partitions)
        async with deployment.deployment(address, "bench-latency.", partitions) as made:
            settings, registry = made
            await deployment.publish(settings, registry, [logging_playbook(throughput.STEPS)])
            return most, await _at_shares(settings, most, seconds, workers)


async def _at_shares(
    settings: Settings, most: float, seconds: float, workers: list[str]
) -> dict[str, Percentiles]:
    found: dict[str, Percentiles] = {}
    async with running(settings, workers) as (url, _):
        endless = findings(1_000_000)
        async with watching.watching(settings, url) as watch:
            await watching.send(settings, endless, 0.5 * most, WARM_SECONDS, watch)
        for share, part in SHARES.items():
            async with watching.watching(settings, url) as watch:
                await watching.send(settings, endless, part * most, seconds, watch)
                await asyncio.sleep(1)  # for the last ones to arrive
                found[share] = watch.latencies.take()
    return found
