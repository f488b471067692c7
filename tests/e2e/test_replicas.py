"""Replicas of the API with a data directory each and one table, in PostgreSQL: one projects."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

import psycopg
import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from api.keys import admin
from api.keys.store import FILE_NAME as KEYS_FILE_NAME
from streams.settings import Settings
from streams.table.opening import opened
from streams.verification import verify
from tests.api.rest.client import Client, Reply
from tests.e2e.processes import end, spawn, workers
from tests.streams.table.kafka import eventually

EXECUTIONS = "/api/playbooks/executions"

HOLDS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def settings(settings: Settings, database: str) -> Settings:
    """Settings of a deployment whose table is in a database."""
    return settings.model_copy(update={"table": SecretStr(database)})


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """What the clients ask by."""
    async with ClientSession() as session:
        yield session


def replica(stack: ExitStack, settings: Settings) -> tuple[Popen[str], str]:
    """Start a process of the API; return it and its URL."""
    process = spawn(settings, "api", "--api-port", "0", "--rate-limit", "0")
    stack.callback(end, process)
    assert process.stdout is not None
    word, _, url = process.stdout.readline().strip().partition(" ")
    assert word == "ready"
    return process, url


async def until_projected(settings: Settings) -> None:
    """Wait until a process holds the lock of the table."""
    assert settings.table is not None
    with psycopg.connect(settings.table.get_secret_value(), autocommit=True) as connection:
        await eventually(lambda: connection.execute(HOLDS).fetchone() == (1,))


async def known(client: Client, path: str) -> None:
    """Wait until an API knows of something."""
    # Each answer waits for the one before; the test's own time limit ends this.
    while (await client.get(path)).status == 404:
        pass


async def listed(client: Client, total: int) -> None:
    """Wait until an API lists so many executions, and no more."""
    while (found := (await client.get(EXECUTIONS, per_page=1)).body["meta"]["total"]) < total:
        pass
    assert found == total


async def test_when_the_projecting_replica_is_killed_the_other_goes_on_and_verify_finds_nothing(
    settings: Settings, tmp_path: Path, session: ClientSession
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    with ExitStack() as stack:
        crew = stack.enter_context(workers(settings, 1))
        projecting, url = replica(stack, settings)
        await until_projected(settings)
        for name in (KEYS_FILE_NAME, admin.FILE_NAME):
            shutil.copy(settings.data_dir / name, elsewhere / name)
        _, other_url = replica(stack, settings.model_copy(update={"data_dir": elsewhere}))
        key = (elsewhere / admin.FILE_NAME).read_text().strip()
        one, other = Client(session, url, key), Client(session, other_url, key)
        crew.wait_until_ready()
        playbook_id = await one.create()
        await known(other, f"/api/playbooks/{playbook_id}")

        async def run(client: Client) -> Reply:
            path = f"/api/playbooks/{playbook_id}/run"
            return await client.post(path, {"parameters": {}}, idempotency_key=str(uuid4()))

        started = await asyncio.gather(*(run(client) for _ in range(20) for client in (one, other)))
        # Whoever is asked: both tell what the one has projected.
        for client in (one, other):
            await listed(client, 40)
        later = [asyncio.create_task(run(other)) for _ in range(20)]
        projecting.kill()
        started += await asyncio.gather(*later)
        await until_projected(settings)
        started.append(await run(other))
        ids = {reply.data["execution_id"] for reply in started}
        assert len(ids) == 61
        for execution_id in ids:
            await known(other, f"{EXECUTIONS}/{execution_id}")
            assert (await other.ended(execution_id))["status"] == "completed"
        await listed(other, 61)
        with closing(opened(settings)) as table:
            verification = await verify(settings, table)
    assert verification.ok, verification.differences
    assert (verification.executions, verification.events) == (61, 61 * 4)
