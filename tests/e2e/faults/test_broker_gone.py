"""The broker is away: reads go on, writes are told, nothing is lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from api.keys import admin
from tests.api.rest.client import Client, playbook
from tests.e2e.faults import test_kills
from tests.e2e.faults.deployed import KAFKA, Deployed, deployed
from tests.e2e.faults.followed import followed, sender
from tests.e2e.findings import findings
from tests.examples import FINDING

EXECUTIONS = "/api/playbooks/executions"


@asynccontextmanager
async def client(deployment: Deployed) -> AsyncIterator[Client]:
    """Give a client of the API that sees status and headers of each answer."""
    key = (deployment.settings.data_dir / admin.FILE_NAME).read_text().strip()
    async with ClientSession() as session:
        yield Client(session, deployment.said["api-0"], key)


async def assert_reads_go_on(api: Client, playbook_id: str) -> None:
    """Read what the table and the registry hold."""
    listed = await api.get(EXECUTIONS, playbook_id=playbook_id, per_page=1)
    [shown] = listed.data
    execution = f"{EXECUTIONS}/{shown['execution_id']}"
    for path in (execution, f"{execution}/events", f"/api/playbooks/{playbook_id}"):
        assert (await api.get(path)).status == 200


async def assert_writes_are_told(api: Client) -> None:
    """Write in ways that change nothing for anybody else, whether they come to pass or not."""
    harmless = FINDING | {"data": FINDING["data"] | {"severity": "low"}}
    replies = await asyncio.gather(
        api.post("/api/findings", harmless), api.post("/api/playbooks", playbook())
    )
    for reply in replies:
        assert reply.refusal == (503, "broker_unavailable")
        assert int(reply.headers["retry-after"]) > 0


def dead(deployment: Deployed) -> Callable[[], object]:
    """Kill the broker, and what would start it again. Return what brings it back."""
    deployment.take_away("broker")
    return lambda: deployment.start("broker")


def silent(deployment: Deployed) -> Callable[[], object]:
    """Stop the broker: its connections stay, and nothing comes. Return what lets it go on."""
    deployment.signal(KAFKA, signal.SIGSTOP)
    return lambda: deployment.signal(KAFKA, signal.SIGCONT)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("become", [dead, silent])
async def test_reads_go_on_and_writes_are_told_and_nothing_is_lost_though_the_broker_is_away(
    tmp_path: Path,
    executions: int,
    away_seconds: float,
    become: Callable[[Deployed], Callable[[], object]],
) -> None:
    document = test_kills.playbook()
    pending = list(findings(executions))
    sent = [finding["id"] for finding in pending]
    portion = executions // 3
    async with deployed(tmp_path, "worker-0", "worker-1", "api-0") as deployment:
        await deployment.publish(document)
        said = deployment.settings
        async with (
            followed(said) as log,
            sender(said) as scanner,
            client(deployment) as api,
            asyncio.timeout(800),
        ):
            await scanner.send(pending[:portion])
            # In the middle of them, and maybe of a transaction.
            await log.until_ended(portion // 10)
            come_back = become(deployment)
            back = asyncio.create_task(asyncio.sleep(away_seconds))
            try:
                meanwhile = asyncio.create_task(scanner.send(pending[portion : 2 * portion]))
                while not back.done():
                    await assert_writes_are_told(api)
                    await assert_reads_go_on(api, document["id"])
            finally:
                come_back()
            await meanwhile
            await scanner.send(pending[2 * portion :])
            await log.until_ended(executions, 300)
            log.assert_right(sent, test_kills.EVENTS)
        assert deployment.restarts == 0
        verification = await deployment.verified(executions * len(test_kills.EVENTS))
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == executions
