"""Who has an answer already, and says so, is told that it still holds."""

import pytest

from tests.api.rest.client import Client
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked_again(client: Client, path: str, etag: str) -> tuple[int, object]:
    reply = await client.ask("GET", path, headers={"If-None-Match": etag})
    assert reply.headers["etag"]
    return reply.status, reply.body


async def test_what_has_not_changed_is_not_told_again(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    playbook = f"/api/playbooks/{execution['playbook_id']}"
    of = f"/api/playbooks/executions/{execution['execution_id']}"
    paths = (playbook, f"{playbook}/versions/1.0.0", of, f"{of}/steps", f"{of}/events")
    for path in paths:
        reply = await client.get(path)
        etag = reply.headers["etag"]
        assert reply.headers["cache-control"] == "private, no-cache"
        for said in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            assert await asked_again(client, path, said) == (304, None)
        assert await asked_again(client, path, '"other"') == (200, reply.body)


async def test_what_has_changed_is_told(client: Client) -> None:
    playbook_id = await client.create({"id": "ask", "type": "approval"})
    path = f"/api/playbooks/{playbook_id}"
    before = (await client.get(path)).headers["etag"]
    await client.ask("PATCH", path, {"version": "2.0.0", "steps": [action("one")]})
    assert (await asked_again(client, path, before))[0] == 200


async def test_an_execution_that_moves_has_another_tag_each_time(client: Client) -> None:
    playbook_id = await client.create({"id": "ask", "type": "approval"})
    run = await client.post(f"/api/playbooks/{playbook_id}/run")
    path = run.headers["location"]
    before = (await client.get(path)).headers["etag"]
    await client.post(f"{path}/cancel")
    status, body = await asked_again(client, path, before)
    assert (status, body and body["data"]["status"]) == (200, "cancelled")  # type: ignore[index]


async def test_a_change_is_not_answered_by_what_is_known(client: Client) -> None:
    playbook_id = await client.create()
    reply = await client.ask(
        "PATCH",
        f"/api/playbooks/{playbook_id}",
        {"enabled": False},
        headers={"If-None-Match": "*"},
    )
    assert (reply.status, reply.data["enabled"]) == (200, False)
