"""Imported CACAO playbooks over HTTP: kept whole, not to be edited by halves, gated."""

from typing import Any
from uuid import uuid4

import pytest

from engine.cacao.importing import imported
from tests.api.rest.client import Client, fault_pointers
from tests.engine.cacao.documents import action, document, variable

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOK = {"type": "manual", "command": "Look at __host__:value"}


async def created(client: Client, **says: Any) -> str:
    """Create the playbook of a document of manual work; return its id."""
    step = action("look", LOOK, out_args=["__verdict__"])
    declared = {"__host__": variable(external=True), "__verdict__": variable()}
    whole = document(step, **{"playbook_variables": declared} | says)
    found = imported(whole | {"name": f"Imported {uuid4().hex}"})
    reply = await client.post("/api/playbooks", found.definition)
    playbook_id: str = reply.data["id"]
    return playbook_id


async def test_the_document_comes_back_whole_and_may_be_sent_back(client: Client) -> None:
    playbook_id = await created(client, made_by_nobody={"known": [None, 1]})
    path = f"/api/playbooks/{playbook_id}"
    shown = (await client.get(path)).data
    assert shown["cacao"]["document"]["made_by_nobody"] == {"known": [None, 1]}
    assert shown["enabled"] is False
    assert (await client.ask("PUT", path, shown)).data["revision"] == shown["revision"]
    patched = await client.ask("PATCH", path, {"enabled": True})
    assert (patched.data["enabled"], patched.data["cacao"]) == (True, shown["cacao"])


async def test_the_view_cannot_be_edited_by_itself(client: Client) -> None:
    path = f"/api/playbooks/{await created(client)}"
    shown = (await client.get(path)).data
    shown["steps"][0]["name"] = "Another"
    reply = await client.ask("PUT", path, shown | {"version": "1.0.1"})
    assert (reply.refusal, fault_pointers(reply)) == ((422, "invalid_playbook"), ["/steps"])


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ({"revoked": True}, "revoked"),
        ({"valid_until": "2020-01-01T00:00:00.000Z"}, "no_longer_valid"),
        ({"valid_from": "2120-01-01T00:00:00.000Z"}, "not_yet_valid"),
    ],
)
async def test_what_its_author_no_longer_wants_is_not_run(
    client: Client, says: dict[str, Any], code: str
) -> None:
    playbook_id = await created(client, **says)
    reply = await client.post(f"/api/playbooks/{playbook_id}/run", {"parameters": {"host": "a"}})
    assert reply.refusal == (409, code)


async def test_a_run_needs_the_external_variables(client: Client) -> None:
    path = f"/api/playbooks/{await created(client)}/run"
    for parameters, pointer in (({}, "/parameters/host"), ({"h": 1}, "/parameters/h")):
        reply = await client.post(path, {"parameters": parameters})
        assert (reply.status, pointer in fault_pointers(reply)) == (422, True)


async def test_manual_work_is_confirmed_with_what_it_gives(client: Client) -> None:
    playbook_id = await created(client)
    body = {"parameters": {"__host__": "web-1"}}
    started = await client.post(f"/api/playbooks/{playbook_id}/run", body)
    execution_id = started.data["execution_id"]
    path = f"/api/playbooks/executions/{execution_id}/steps/look/approve"
    assert (await client.post(path, {})).refusal == (409, "output_required")
    await client.post(path, {"output": {"verdict": "benign"}})
    execution = await client.ended(execution_id)
    assert (execution["status"], execution["variables"]) == (
        "completed",
        {"__verdict__": "benign"},
    )
    path = f"/api/playbooks/executions/{execution_id}"
    assert "variables" not in (await client.get(path, as_of=execution["started_at"])).data


async def test_a_command_that_nothing_runs_fails_its_step_with_what_to_do(client: Client) -> None:
    whole = document(action("run", on_success="end"), name=f"Imported {uuid4().hex}")
    reply = await client.post("/api/playbooks", imported(whole).definition)
    execution = await client.run_to_end(reply.data["id"])
    steps = f"/api/playbooks/executions/{execution['execution_id']}/steps"
    [step] = (await client.get(steps)).data
    assert (execution["status"], step["error"]["code"]) == ("failed", "unmapped_command")
