"""A process is left for dead, longer than the others wait for it, and wakes in the middle."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.e2e.faults.deployed import KAFKA, deployed
from tests.e2e.faults.followed import followed, sender
from tests.e2e.faults.test_kills import EVENTS, playbook
from tests.e2e.findings import findings

STOPPED_SECONDS = 8.0
"""Longer than a session lasts (6 s): what the process had, others have taken over by then."""

KINDS = ("worker-0", "api-0", KAFKA)

DEPLOYMENTS = {
    "apart": (("worker-0", "worker-1", "api-0", "api-1"), KINDS),
    "all in one, beside a worker": (("up-0", "worker-0"), ("up-0", "up-0", KAFKA)),
    "all in one, alone": (("up-0",), ("up-0", "up-0")),
}
"""What runs, and which of it stops and wakes, one after the other."""


@pytest.mark.faults
@pytest.mark.parametrize(("names", "kinds"), DEPLOYMENTS.values(), ids=DEPLOYMENTS)
async def test_every_finding_leads_to_one_whole_execution_though_processes_stop_and_wake(
    tmp_path: Path, executions: int, names: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    portion = -(-executions // len(kinds))
    async with deployed(tmp_path, *names) as deployment:
        await deployment.publish(playbook())
        said = deployment.settings
        async with followed(said) as log, sender(said) as scanner:
            for number, name in enumerate(kinds):
                await scanner.send(pending[number * portion : (number + 1) * portion])
                # In the middle of them, and maybe of a transaction.
                await log.until_ended(number * portion + portion // 10)
                deployment.signal(name, signal.SIGSTOP)
                try:
                    await asyncio.sleep(STOPPED_SECONDS)
                finally:
                    deployment.signal(name, signal.SIGCONT)
            await log.until_ended(executions)
            log.assert_right(sent, EVENTS)
        verification = await deployment.verified(executions * len(EVENTS))
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == executions
