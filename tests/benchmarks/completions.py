"""Executions a second, from the finding to the row in the table."""

import time
from collections.abc import Iterator

from api.processes import loops
from schemas.executions import Status
from streams import executions, steps, triggers
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.queries import ExecutionFilter
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import deployment
from tests.benchmarks.rows import Row, row
from tests.e2e.findings import findings, logging_playbook

WAIT_SECONDS = 300


def measure(executions: int = 2_000) -> Iterator[Row]:
    """Measure executions of five steps that log, in one process: twelve events each."""
    completed = loops.run(_measured(executions))
    yield row("five-step executions, finding to row in the table", "/s", [completed])


async def _measured(count: int) -> float:
    async with (
        deployment.broker() as address,
        deployment.deployment(address, "bench-executions.") as (settings, registry),
    ):
        await deployment.publish(settings, registry, [logging_playbook(5)])
        await deployment.send_findings(settings, findings(count))
        return await _completions(settings, registry, count)


async def _completions(settings: Settings, registry: PlaybookRegistry, count: int) -> float:
    """Return the executions a second, from the first event to the last row."""
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
