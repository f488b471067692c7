"""The disk of the API is slow: it answers on, and its table follows as fast as the disk lets it."""

import asyncio
from pathlib import Path

import pytest

from tests.api.rest.client import Client
from tests.e2e.faults.deployed import deployed
from tests.e2e.faults.followed import followed, sender
from tests.e2e.faults.slowness import DELAYED, slow_disk
from tests.e2e.faults.test_broker_gone import EXECUTIONS, assert_reads_go_on, client
from tests.e2e.faults.test_kills import EVENTS, playbook
from tests.e2e.findings import findings

PATIENCE_SECONDS = 240.0


async def completed(api: Client) -> int:
    """Return how many executions the API tells of as completed."""
    reply = await api.get(EXECUTIONS, status="completed", per_page=1)
    total: int = reply.body["meta"]["total"]
    return total


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_reads_go_on_and_the_table_catches_up_though_every_write_to_the_disk_is_slow(
    tmp_path: Path, executions: int
) -> None:
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    document, report = playbook(), tmp_path / "calls"
    async with deployed(tmp_path, "worker-0", "api-0") as deployment:
        await deployment.publish(document)
        said = deployment.settings
        async with followed(said) as log, sender(said) as scanner, client(deployment) as api:
            await scanner.send(pending[: executions // 2])
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await api.get(EXECUTIONS)).body["meta"]["total"] == 0:
                    pass
            with slow_disk(deployment.pid("api-0"), report):
                await scanner.send(pending[executions // 2 :])
                ended = asyncio.create_task(log.until_ended(executions))
                while not ended.done():
                    await assert_reads_go_on(api, document["id"])
                await ended
                log.assert_right(sent, EVENTS)
                # Still slow: what is behind must not stay so.
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while (await completed(api)) < executions:
                        await assert_reads_go_on(api, document["id"])
        assert deployment.restarts == 0
        verification = await deployment.verified(executions * len(EVENTS))
    assert DELAYED in report.read_text()
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == executions
    assert (tmp_path / "api-0.log").read_text() == ""
