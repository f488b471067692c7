"""What is measured, each beside a reference that is taken in the same run."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from aiokafka import TopicPartition

from schemas.executions import Status
from streams import clients, executions, steps, topics, triggers
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.queries import ExecutionFilter
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import deployment
from tests.e2e.findings import findings, logging_playbook

WAIT_SECONDS = 300

MATCHING = 10
"""Of so many findings one matches one of the playbooks."""


class Measurement(NamedTuple):
    """Something per second, and the same of its reference; None: it has none."""

    name: str
    a_second: float
    reference: str = ""
    reference_a_second: float | None = None


def playbooks(count: int) -> Iterator[dict[str, Any]]:
    """Yield playbooks of which one in ``count`` assets' worth of findings matches one."""
    for number in range(count):
        conditions = {"severity": "critical", "asset_id": f"a-{number}", "cvss": {"$gte": 9}}
        yield logging_playbook(
            5,
            id=f"pb-{number}",
            name=f"Playbook {number}",
            trigger={"event": "finding.new", "conditions": conditions},
        )


def mixed(count: int) -> Iterator[dict[str, Any]]:
    """Yield findings of which one in ``MATCHING`` is critical."""
    for number, finding in enumerate(findings(count)):
        severity = "critical" if number % MATCHING == 0 else "low"
        yield finding | {"data": finding["data"] | {"severity": severity}}


async def bare_loop(settings: Settings, count: int) -> float:
    """Return the findings a second of a loop that consumes and decodes, and does nothing else."""
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.consumer(settings) as consumer:
        consumer.assign([TopicPartition(name, n) for n in range(settings.partitions)])
        await consumer.seek_to_beginning()
        began, seen = time.perf_counter(), 0
        while seen < count:
            for records in (await consumer.getmany(timeout_ms=500, max_records=1_000)).values():
                for record in records:
                    orjson.loads(record.value)
                seen += len(records)
        return count / (time.perf_counter() - began)


async def trigger_agent(settings: Settings, registry: PlaybookRegistry, count: int) -> float:
    """Return the findings a second of the trigger agent, from its first batch to its last."""
    group = f"{settings.topic_prefix}playbooks-{triggers.AGENT}"
    async with deployment.working(settings, registry, triggers.AGENT):
        began, before = await _committed(settings, group, at_least=1)
        ended, after = await _committed(settings, group, at_least=count)
        return (after - before) / (ended - began)


async def _committed(settings: Settings, group: str, *, at_least: int) -> tuple[float, int]:
    """Wait until the group has committed so many findings; return when, and how many."""
    async with clients.consumer(settings, group_id=group) as consumer:
        name = topics.FINDINGS.named(settings.topic_prefix)
        places = [TopicPartition(name, n) for n in range(settings.partitions)]
        while True:
            offsets = [await consumer.committed(place) or 0 for place in places]
            # A transaction leaves a mark in the topics that it writes, none in the one it reads.
            if sum(offsets) >= at_least:
                return time.perf_counter(), sum(offsets)
            await asyncio.sleep(0.01)


async def completions(settings: Settings, registry: PlaybookRegistry, count: int) -> float:
    """Return the five-step executions a second, from the first event to the last row."""
    table = Table(settings.data_dir / FILE_NAME)
    projection = Projection(settings, table)
    await projection.start()
    agents = (triggers.AGENT, executions.AGENT, steps.AGENT)
    try:
        async with deployment.working(settings, registry, *agents):
            await table.wait(lambda: _counted(table, ExecutionFilter(), 1), WAIT_SECONDS)
            began = time.perf_counter()
            completed = ExecutionFilter(status=Status.COMPLETED)
            await table.wait(lambda: _counted(table, completed, count), WAIT_SECONDS)
            return count / (time.perf_counter() - began)
    finally:
        await projection.stop()
        table.close()


def _counted(table: Table, asked: ExecutionFilter, at_least: int) -> int | None:
    """Return how many executions are listed once they are enough."""
    total = table.executions(asked, per_page=1).total
    return total if total >= at_least else None
