"""The list of what waits for people, over HTTP."""

import pytest

from tests.api.rest.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPROVALS = "/api/playbooks/approvals"


async def asking(client: Client, **says: object) -> str:
    """Start an execution that waits for approval; return its id."""
    ask = {"id": "ask", "name": "Ask", "type": "approval", "message": "Isolate it?"} | says
    playbook_id = await client.create(ask, name=f"Asking {len(says)}")
    started = await client.post(f"/api/playbooks/{playbook_id}/run")
    path = f"/api/playbooks/executions/{started.data['execution_id']}"
    # Each answer waits for the one before; the test's own time limit ends this.
    while (await client.get(path)).data["status"] != "paused":
        pass
    return path.rpartition("/")[2]


async def test_what_waits_tells_the_documented_fields(client: Client) -> None:
    execution_id = await asking(client, approvers=["admin", "bob"], required=2, timeout_seconds=60)
    reply = await client.get(APPROVALS)
    [waiting] = [each for each in reply.data if each["execution_id"] == execution_id]
    assert list(waiting) == [
        "execution_id",
        "playbook_id",
        "playbook_name",
        "step_id",
        "step_name",
        "message",
        "approvers",
        "required",
        "granted",
        "requested_at",
        "expires_at",
        "reason",
    ]
    assert {name: waiting[name] for name in list(waiting)[2:9]} == {
        "playbook_name": "Asking 3",
        "step_id": "ask",
        "step_name": "Ask",
        "message": "Isolate it?",
        "approvers": ["admin", "bob"],
        "required": 2,
        "granted": [],
    }
    assert waiting["expires_at"] > waiting["requested_at"]
    assert waiting["reason"] == "approval"
    assert float(reply.headers["x-table-age"]) >= 0


async def test_it_tells_who_has_agreed_until_it_is_decided(client: Client) -> None:
    execution_id = await asking(client, required=2)
    path = f"/api/playbooks/executions/{execution_id}/steps/ask"
    await client.post(f"{path}/approve", {"note": "go"})
    [waiting] = [
        each for each in (await client.get(APPROVALS)).data if each["execution_id"] == execution_id
    ]
    [granted] = waiting["granted"]
    assert (granted["by"], granted["note"]) == ("admin", "go")
    await client.ask("POST", f"/api/playbooks/executions/{execution_id}/cancel")
    assert execution_id not in {each["execution_id"] for each in (await client.get(APPROVALS)).data}


async def test_they_come_in_pages(client: Client) -> None:
    ids = [await asking(client) for _ in range(3)]
    total = (await client.get(APPROVALS)).body["meta"]["total"]
    pages = [await client.get(APPROVALS, page=page, per_page=1) for page in range(1, total + 1)]
    listed = [each["execution_id"] for page in pages for each in page.data]
    assert [each for each in listed if each in ids] == ids
    assert pages[0].body["meta"] == {"total": total, "page": 1, "per_page": 1}
