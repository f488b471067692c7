"""kill -9 of any process, the broker too, at any time: nothing lost, doubled or stuck."""

import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.faults.deployed import KAFKA, Deployed, deployed
from tests.e2e.faults.followed import Followed, Sender, followed, sender
from tests.e2e.findings import findings, logging_playbook
from tests.examples import step

SEED = 20260301

KINDS = ("broker", "worker-0", "api-0", KAFKA, "worker-1", "api-1")


def playbook() -> dict[str, Any]:
    """Return actions and a time to wait for between them."""
    document = logging_playbook(4)
    document["steps"].insert(2, step("wait", "delay", duration=0.5))
    return document


EVENTS = [
    "ExecutionStarted",
    *["StepStarted", "StepCompleted"] * 2,
    *["StepStarted", "StepWaiting", "StepCompleted"],
    *["StepStarted", "StepCompleted"] * 2,
    "ExecutionCompleted",
]


async def kill_while_running(
    deployment: Deployed, scanner: Sender, log: Followed, executions: int, kills: int
) -> list[str]:
    """Send findings in portions; in the middle of each kill a process. Return the event ids."""
    chance = random.Random(SEED)
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    portion = -(-executions // (kills + 1))
    for number in range(kills + 1):
        await scanner.send(pending[:portion])
        del pending[:portion]
        before = number * portion
        await log.until_ended(before + int(portion * chance.uniform(0.02, 0.6)), 300)
        if number < kills:
            deployment.signal(KINDS[number % len(KINDS)], signal.SIGKILL)
    await log.until_ended(executions, 300)
    return sent


@pytest.mark.faults
@pytest.mark.timeout(3_600)
async def test_every_finding_leads_to_one_whole_execution_though_any_process_is_killed(
    tmp_path: Path, kills: int, executions: int
) -> None:
    if kills < len(KINDS):
        pytest.skip(f"{len(KINDS)} processes: --kills {len(KINDS)} or more; tests/e2e kills fewer")
    async with deployed(tmp_path, "worker-0", "worker-1", "api-0", "api-1") as deployment:
        await deployment.publish(playbook())
        said = deployment.settings
        async with followed(said) as log, sender(said) as scanner:
            sent = await kill_while_running(deployment, scanner, log, executions, kills)
            log.assert_right(sent, EVENTS)
        # Kafka is started again by the process above it.
        assert deployment.restarts >= kills - kills // len(KINDS) - 1
        verification = await deployment.verified(executions * len(EVENTS))
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == executions
    assert verification["snapshots"] == executions
