"""Reruns over HTTP: from what failed or from the start, once, or refused with the reason."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.rest.client import Client, Reply, fault_pointers
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXECUTIONS = "/api/playbooks/executions"

SAY = action("say", parameters={"word": "{{ parameters.word | default('none') }}"})
# It fails as long as nobody says who.
GREET = action("greet", parameters={"hello": "{{ parameters.who }} {{ steps.say.output.word }}"})


async def failed(client: Client, **says: Any) -> dict[str, Any]:
    """Return an execution that has failed in its second step."""
    execution = await client.run_to_end(await client.create(SAY, GREET), **says)
    assert execution["status"] == "failed"
    return execution


async def rerun(
    client: Client, execution: dict[str, Any], body: object = None, **headers: str
) -> Reply:
    return await client.post(f"{EXECUTIONS}/{execution['execution_id']}/rerun", body, **headers)


async def steps(client: Client, reply: Reply) -> dict[str, dict[str, Any]]:
    """Return the steps of a rerun that has ended, by id."""
    await client.ended(reply.data["execution_id"])
    told = await client.get(f"{EXECUTIONS}/{reply.data['execution_id']}/steps")
    return {step["step_id"]: step for step in told.data}


async def test_a_rerun_is_answered_as_a_run_with_what_it_is_of(client: Client) -> None:
    first = await failed(client)
    reply = await rerun(client, first)
    assert reply.status == 200
    assert list(reply.data) == [
        "execution_id",
        "playbook_id",
        "status",
        "started_at",
        "rerun_of",
    ]
    assert (reply.data["rerun_of"], reply.data["playbook_id"]) == (
        first["execution_id"],
        first["playbook_id"],
    )
    shown = (await client.get(reply.headers["location"])).data
    assert (shown["rerun_of"], shown["by"]) == (first["execution_id"], "admin")
    assert shown["started_at"] == reply.data["started_at"]


async def test_it_goes_on_at_the_failed_step_with_what_completed_kept(client: Client) -> None:
    first = await failed(client, parameters={"word": "hi"}, target_asset_id="a-1")
    reply = await rerun(client, first, {"parameters": {"who": "Ada"}})
    run = await steps(client, reply)
    assert run["greet"]["output"] == {"hello": "Ada hi"}
    assert (run["say"]["status"], run["say"]["attempts"]) == ("completed", 0)
    shown = (await client.get(reply.headers["location"])).data
    assert (shown["status"], shown["asset_id"]) == ("completed", "a-1")
    assert shown["parameters"] == {"word": "hi", "who": "Ada"}


async def test_from_the_start_every_step_runs_again(client: Client) -> None:
    first = await failed(client)
    body = {"from": "start", "parameters": {"who": "Ada", "word": "again"}}
    run = await steps(client, await rerun(client, first, body))
    assert (run["say"]["attempts"], run["say"]["output"]) == (1, {"word": "again"})
    assert run["greet"]["output"] == {"hello": "Ada again"}


async def test_a_dry_run_is_run_again_as_one(client: Client) -> None:
    first = await client.run_to_end(await client.create(), dry_run=True)
    reply = await rerun(client, first, {"from": "start"})
    assert (await client.ended(reply.data["execution_id"]))["dry_run"] is True


async def test_what_still_runs_is_refused(client: Client) -> None:
    playbook_id = await client.create({"id": "ask", "type": "approval"})
    started = (await client.post(f"/api/playbooks/{playbook_id}/run")).data
    for body in ({}, {"from": "start"}):
        reply = await rerun(client, started, body)
        assert reply.refusal == (409, "still_running")
        assert "cancel it first" in reply.error["message"]


async def test_where_nothing_failed_it_says_what_to_do(client: Client) -> None:
    first = await client.run_to_end(await client.create())
    reply = await rerun(client, first)
    assert reply.refusal == (409, "nothing_failed")
    assert '"from": "start"' in reply.error["message"]
    assert (await rerun(client, first, {"from": "start"})).status == 200


async def test_of_a_deleted_playbook_nothing_is_run_again(client: Client) -> None:
    first = await failed(client)
    await client.ask("DELETE", f"/api/playbooks/{first['playbook_id']}")
    assert (await rerun(client, first)).refusal == (409, "playbook_deleted")


async def test_a_changed_playbook_is_run_again_as_it_was(client: Client) -> None:
    first = await failed(client)
    patch = {"version": "2.0.0", "steps": [action("other")]}
    await client.ask("PATCH", f"/api/playbooks/{first['playbook_id']}", patch)
    run = await steps(client, await rerun(client, first, {"parameters": {"who": "Ada"}}))
    assert list(run) == ["say", "greet"]


async def test_its_parameters_are_held_against_the_declaration(client: Client) -> None:
    declared = {"limit": {"type": "integer", "required": True}}
    playbook_id = await client.create(parameters=declared)
    first = await client.run_to_end(playbook_id, parameters={"limit": 3})
    body = {"from": "start", "parameters": {"limit": "x", "more": 1}}
    reply = await rerun(client, first, body)
    assert reply.refusal == (422, "invalid_parameters")
    assert fault_pointers(reply) == ["/parameters/limit", "/parameters/more"]


async def test_requests_with_one_key_are_one_rerun(client: Client) -> None:
    first, key = await failed(client), str(uuid4())
    replies = await asyncio.gather(
        *(rerun(client, first, {"from": "start"}, idempotency_key=key) for _ in range(10))
    )
    assert {reply.status for reply in replies} == {200}
    assert all(reply.body == replies[0].body for reply in replies)
    for body in ({}, {"from": "start", "parameters": {"who": "Ada"}}):
        reused = await rerun(client, first, body, idempotency_key=key)
        assert reused.refusal == (422, "idempotency_key_reused")


async def test_the_key_of_a_run_says_nothing_of_its_reruns(client: Client) -> None:
    playbook_id, key = await client.create(), str(uuid4())
    path = f"/api/playbooks/{playbook_id}/run"
    first = (await client.post(path, idempotency_key=key)).data
    await client.ended(first["execution_id"])
    reply = await rerun(client, first, {"from": "start"}, idempotency_key=key)
    assert reply.data["execution_id"] != first["execution_id"]
    other = (await client.post(path)).data
    await client.ended(other["execution_id"])
    further = await rerun(client, other, {"from": "start"}, idempotency_key=key)
    assert further.data["execution_id"] != reply.data["execution_id"]


async def test_a_rerun_waits_for_a_place_like_all_others(client: Client) -> None:
    ask = {"id": "ask", "type": "approval"}
    playbook_id = await client.create(ask, trigger={"event": "finding.new", "max_running": 1})
    path = f"/api/playbooks/{playbook_id}/run"
    first = (await client.post(path)).data
    await client.post(f"{EXECUTIONS}/{first['execution_id']}/cancel")
    second = (await client.post(path)).data
    reply = await rerun(client, first)
    assert reply.data["status"] == "pending"
    await client.post(f"{EXECUTIONS}/{second['execution_id']}/cancel")
    while (await client.get(reply.headers["location"])).data["status"] == "pending":
        pass  # each answer waits for the one before; the test's own time limit ends this
    assert (await client.get(reply.headers["location"])).data["current_step"] == "ask"
