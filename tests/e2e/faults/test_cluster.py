"""A cluster of three brokers, of which one after the other is killed: nothing lost or doubled."""

from pathlib import Path

import pytest

from streams import topics
from tests.e2e.faults.cluster import NODES, cluster
from tests.e2e.faults.followed import followed, sender
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.processes import workers
from tests.e2e.published import publish
from tests.e2e.test_kill import verified


@pytest.mark.faults
@pytest.mark.timeout(3_600)
async def test_every_execution_completes_once_though_one_broker_after_the_other_is_killed(
    tmp_path: Path, kills: int, executions: int, brokers: int
) -> None:
    if brokers < NODES:
        pytest.skip(f"three processes of Java: --brokers {NODES}")
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    portion = -(-executions // (kills + 1))
    async with cluster(tmp_path) as nodes:
        settings = nodes.settings
        await topics.create(settings)
        await publish(settings, logging_playbook(5))
        async with followed(settings) as log, sender(settings) as scanner:
            with workers(settings, 2) as running:
                running.wait_until_ready()
                for number in range(kills):
                    await scanner.send(pending[:portion])
                    del pending[:portion]
                    await log.until_ended(number * portion + portion // 10)
                    nodes.kill(number % NODES)
                    # The other two go on without it.
                    await log.until_ended((number + 1) * portion)
                    nodes.start(number % NODES)
                    await nodes.until_whole()
                await scanner.send(pending)
                await log.until_ended(executions)
                running.stop()
            types = ["StepStarted", "StepCompleted"] * 5
            log.assert_right(sent, ["ExecutionStarted", *types, "ExecutionCompleted"])
        assert await verified(settings) == (executions, 12 * executions, True)
