"""The events as the page follows them: never before the page can show what they changed."""

import asyncio
from threading import Event
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from streams.table.folding import Folding
from tests.api.page.visitor import Visitor
from tests.api.rest.conftest import System
from tests.api.rest.sse import Subscriber, subscribed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_event_comes_to_the_page_when_the_table_has_it(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, take = Event(), Folding.take

    def take_later(self: Folding, *taken: Any) -> None:
        assert goes_on.wait(60)
        take(self, *taken)

    client, playbook_id = system.client, await system.client.create()
    only = {"playbook_id": playbook_id}
    async with (
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
        subscribed(client.url, system.keys["admin"], **only) as log,
    ):
        visitor = Visitor(session, client.url)
        await visitor.log_in(system.keys["admin"])
        async with session.get(f"{client.url}/events", params=only) as response:
            monkeypatch.setattr(Folding, "take", take_later)
            run = asyncio.create_task(client.post(f"/api/playbooks/{playbook_id}/run"))
            shown = asyncio.create_task(Subscriber(response).next())
            execution_id = (await log.next()).data["execution_id"]
            # Whatever the same process had to send has come by the time it has answered these.
            for _ in range(5):
                await client.get("/api/actions")
            assert not shown.done()
            goes_on.set()
            assert (await shown).event == "ExecutionStarted"
            page = await visitor.see(f"/executions/{execution_id}")
            assert "ExecutionStarted" in page.text
            await run
