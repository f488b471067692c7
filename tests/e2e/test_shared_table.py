"""Two API processes on one data directory: one keeps the table, both answer from it alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from api.keys.admin import FILE_NAME
from streams.settings import Settings
from tests.api.rest.client import Client, Reply
from tests.e2e.processes import end, spawn, workers

EXECUTIONS = "/api/playbooks/executions"


@dataclass
class Apis:
    """A client of each of two processes, with the same key."""

    one: Client
    other: Client


@pytest.fixture
async def apis(settings: Settings) -> AsyncIterator[Apis]:
    """Two processes that answer, on one data directory, and two that work."""
    urls: list[str] = []
    with ExitStack() as stack:
        running = stack.enter_context(workers(settings, 2))
        for _ in range(2):
            process = spawn(settings, "api", "--api-port", "0", "--rate-limit", "0")
            stack.callback(end, process)
            assert process.stdout is not None
            word, _, url = process.stdout.readline().strip().partition(" ")
            assert word == "ready"
            urls.append(url)
        running.wait_until_ready()
        key = (settings.data_dir / FILE_NAME).read_text().strip()
        async with ClientSession() as session:
            yield Apis(*(Client(session, url, key) for url in urls))


async def until_known(client: Client, path: str) -> Any:
    """Return what an API tells once it knows of it."""
    # Each answer waits for the one before; the test's own time limit ends this.
    while (reply := await client.get(path)).status == 404:
        pass
    return reply.data


async def test_requests_with_one_key_to_both_are_one_execution_that_both_tell_alike(
    apis: Apis,
) -> None:
    playbook_id, key = await apis.one.create(), str(uuid4())
    path = f"/api/playbooks/{playbook_id}/run"
    await until_known(apis.other, f"/api/playbooks/{playbook_id}")

    async def run(client: Client) -> Reply:
        return await client.post(path, {"parameters": {"a": 1}}, idempotency_key=key)

    replies = await asyncio.gather(*(run(c) for _ in range(25) for c in (apis.one, apis.other)))
    assert {reply.status for reply in replies} == {200}
    assert len(replies) == 50
    assert all(reply.body == replies[0].body for reply in replies)
    await apis.other.ended(replies[0].data["execution_id"])
    for client in (apis.one, apis.other):
        listed = await client.get(EXECUTIONS, playbook_id=playbook_id)
        assert [each["execution_id"] for each in listed.data] == [replies[0].data["execution_id"]]
    # A rerun of what one has run, asked of the other.
    of = f"{EXECUTIONS}/{replies[0].data['execution_id']}"
    again = await apis.other.post(f"{of}/rerun", {"from": "start"})
    await apis.one.ended(again.data["execution_id"])
    for asked in (of, f"{of}/steps", f"{of}/events", f"{EXECUTIONS}?per_page=1"):
        one, other = await apis.one.get(asked), await apis.other.get(asked)
        assert one.body == other.body
        assert one.headers.get("link") == other.headers.get("link")
