"""Two processes of the API and two workers on one broker: whichever is asked answers alike."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio

from api.client import Answer, ApiRefused, Client
from api.keys import admin
from api.keys.store import FILE_NAME as KEYS_FILE_NAME
from streams.settings import Settings
from tests.api.cli.shell import Shell, running
from tests.e2e.findings import logging_playbook
from tests.e2e.processes import workers
from tests.examples import action

PATIENCE_SECONDS = 60.0

UNDER_WAY = ("pending", "running")


@pytest_asyncio.fixture
async def clients(settings: Settings, tmp_path: Path) -> AsyncIterator[list[Client]]:
    """A client of each process; each process has a table of its own, and the same keys."""
    async with AsyncExitStack() as stack:
        crew = stack.enter_context(workers(settings, 2))
        first = await _started(stack, settings, settings.data_dir, tmp_path / "first.log")
        other_dir = tmp_path / "other"
        other_dir.mkdir(mode=0o700)
        for name in (KEYS_FILE_NAME, admin.FILE_NAME):
            shutil.copy(settings.data_dir / name, other_dir / name)
        other = await _started(stack, settings, other_dir, tmp_path / "other.log")
        crew.wait_until_ready()
        yield [first, other]


async def _started(stack: AsyncExitStack, settings: Settings, data_dir: Path, log: Path) -> Client:
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": str(settings.broker),
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_PARTITIONS": str(settings.partitions),
            "PLAYBOOKS_DATA_DIR": str(data_dir),
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_RATE_LIMIT": "0",
        }
    )
    url = stack.enter_context(running(shell, "api", log=log)).ready()
    key = (data_dir / admin.FILE_NAME).read_text().strip()
    return await stack.enter_async_context(Client(url, key))


async def shown(client: Client, *path: str) -> dict[str, Any]:
    """Return what is told of something once this process knows it and, if it runs, it has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Each answer waits for the one before.
        while True:
            found = await _known(client, *path)
            if found is not None and found.get("status") not in UNDER_WAY:
                return found


async def _known(client: Client, *path: str) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = (await client.get("playbooks", *path)).data
    except ApiRefused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return known


async def created(clients: list[Client]) -> str:
    """Create a playbook at one process; return its id once the others know it."""
    document = logging_playbook(0) | {"trigger": {"event": "manual"}, "steps": [action("one")]}
    playbook_id = str((await clients[0].ask("POST", "playbooks", body=document)).data["id"])
    for client in clients:
        await shown(client, playbook_id)
    return playbook_id


async def runs(clients: Iterable[Client], playbook_id: str, key: str) -> list[Answer]:
    """Ask all at once to run a playbook, with the same key."""
    said = {"Idempotency-Key": key}
    asked = (
        client.ask("POST", "playbooks", playbook_id, "run", body={}, headers=said)
        for client in clients
    )
    return await asyncio.gather(*asked)


async def test_fifty_requests_with_one_key_are_one_execution_at_whichever_process(
    clients: list[Client],
) -> None:
    playbook_id, key = await created(clients), str(uuid4())
    at_once = await runs(clients * 25, playbook_id, key)
    [execution_id] = {answer.data["execution_id"] for answer in at_once}
    for client in clients:
        await shown(client, "executions", execution_id)
    [first, *others] = await runs(clients * 25, playbook_id, key)
    # Who was told 202 was told so because a table took its time; all others were told the same.
    at_once = [answer for answer in at_once if answer.status == HTTPStatus.OK]
    assert all(answer.data == first.data for answer in at_once + others)
    for client in clients:
        listed = await client.get("playbooks", "executions", playbook_id=playbook_id)
        assert [each["execution_id"] for each in listed.data] == [execution_id]


async def test_two_processes_answer_alike(clients: list[Client]) -> None:
    playbook_id = await created(clients)
    asked = [clients[number % 2] for number in range(6)]
    answers = [(await runs([client], playbook_id, str(uuid4())))[0] for client in asked]
    ids = {answer.data["execution_id"] for answer in answers}
    assert len(ids) == len(asked)
    for execution_id in ids:
        first, other = [await shown(client, "executions", execution_id) for client in clients]
        assert first == other
        assert first["status"] == "completed"
        steps, other_steps = [
            (await client.get("playbooks", "executions", execution_id, "steps")).data
            for client in clients
        ]
        assert steps == other_steps
    query = {"playbook_id": playbook_id, "per_page": 4}
    pages = [await client.get("playbooks", "executions", **query) for client in clients]
    assert (pages[0].data, pages[0].meta) == (pages[1].data, pages[1].meta)
    assert pages[0].headers["Link"] == pages[1].headers["Link"]
