"""No file of the API may grow any more: it answers on, and goes on once there is room again."""

import asyncio
import resource
from pathlib import Path

import pytest

from api.client import Client
from api.keys import admin
from streams.settings import Settings
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import verify
from tests.api.cli.shell import Shell, running
from tests.streams.broker.processes import until
from tests.streams.verified import commit_stories

PATIENCE_SECONDS = 60.0

TROUBLE = "table is not kept up to date, trying again"


async def listed(client: Client, total: int) -> None:
    """Wait until the API lists so many executions. Each answer waits for the one before."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await client.get("playbooks", "executions", per_page=1)).meta["total"] != total:
            pass


def allow(pid: int, file_bytes: int) -> None:
    """Let no file of a process grow beyond a size."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))


@pytest.mark.faults
async def test_a_table_that_cannot_be_written_is_read_and_catches_up_when_there_is_room(
    settings: Settings, tmp_path: Path
) -> None:
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": str(settings.broker),
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_RATE_LIMIT": "0",
            "PLAYBOOKS_RETENTION": "0",
        }
    )
    log = tmp_path / "api.log"
    with running(shell, "api", log=log) as api:
        url = api.ready()
        key = (settings.data_dir / admin.FILE_NAME).read_text().strip()
        async with Client(url, key) as client:
            await commit_stories(settings, 0, 10)
            await listed(client, 10)
            allow(api.process.pid, 64 << 10)
            await commit_stories(settings, 10, 200)
            await until(lambda: TROUBLE in log.read_text(), PATIENCE_SECONDS)
            behind = await client.get("playbooks", "executions", per_page=1)
            assert 10 <= behind.meta["total"] < 210
            allow(api.process.pid, resource.RLIM_INFINITY)
            await listed(client, 210)
        api.stop()
    assert "a fault" not in log.read_text()
    table = Table(settings.data_dir / FILE_NAME)
    verification = await verify(settings, table)
    table.close()
    assert verification.ok, verification.differences
    assert verification.executions == 210
