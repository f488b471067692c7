"""Workers come and go while all are at work: nothing lost, nothing doubled."""

import asyncio
import signal

import pytest

from schemas.playbooks import Playbook
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.faults.followed import followed
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import send_findings
from tests.e2e.processes import Workers, workers
from tests.e2e.test_kill import verified

STOP_SECONDS = 60


async def come_and_go(running: Workers) -> None:
    """Start one more worker; once it is ready, let the oldest one leave."""
    running.add()
    newest = running.processes[-1]
    assert newest.stdout is not None
    line = await asyncio.to_thread(newest.stdout.readline)
    assert line.startswith("ready"), line
    oldest = running.processes.pop(0)
    try:
        oldest.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(oldest.wait, STOP_SECONDS) == 0
    finally:
        oldest.kill()
        oldest.wait()
        if oldest.stdout is not None:
            oldest.stdout.close()


@pytest.mark.faults
@pytest.mark.timeout(3_600)
async def test_every_execution_completes_once_though_workers_come_and_go(
    settings: Settings, registry: PlaybookRegistry, executions: int, rebalances: int
) -> None:
    definition = Playbook.model_validate(logging_playbook(5))
    await registry.publish(definition, by="test", expected=None)
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    portion = -(-executions // (rebalances + 1))
    async with followed(settings) as log:
        with workers(settings, 2) as running:
            running.wait_until_ready()
            for number in range(rebalances):
                await send_findings(settings, pending[:portion])
                del pending[:portion]
                await log.until_ended(number * portion + portion // 10)
                await come_and_go(running)
            await send_findings(settings, pending)
            await log.until_ended(executions)
            running.stop()
        types = ["StepStarted", "StepCompleted"] * 5
        log.assert_right(sent, ["ExecutionStarted", *types, "ExecutionCompleted"])
    assert await verified(settings) == (executions, 12 * executions, True)
