"""Runs over HTTP: started once, however often they are asked for."""

import asyncio
import json
from uuid import uuid4

import pytest

from streams.commands import CommandPublisher
from tests.api.rest.client import Client, Reply, fault_pointers, playbook
from tests.api.rest.conftest import System
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

DECLARED = {
    "channel": {"type": "string", "default": "#soc"},
    "limit": {"type": "integer", "required": True},
}


async def executions(client: Client, playbook_id: str) -> int:
    reply = await client.get("/api/playbooks/executions", playbook_id=playbook_id)
    count: int = reply.body["meta"]["total"]
    return count


async def run(client: Client, playbook_id: str, body: object = None, **headers: str) -> Reply:
    return await client.post(f"/api/playbooks/{playbook_id}/run", body, **headers)


async def test_a_run_tells_the_documented_fields(client: Client) -> None:
    playbook_id = await client.create()
    reply = await run(client, playbook_id)
    assert reply.status == 200
    assert list(reply.data) == ["execution_id", "playbook_id", "status", "started_at"]
    assert (reply.data["playbook_id"], reply.data["status"]) == (playbook_id, "running")
    assert reply.headers["location"].endswith(reply.data["execution_id"])
    assert (await client.get(reply.headers["location"])).data["started_at"] == reply.data[
        "started_at"
    ]


async def test_a_run_tells_how_far_the_table_has_read(client: Client) -> None:
    reply = await run(client, await client.create())
    assert "x-table-offset" in reply.headers
    shown = await client.get(reply.headers["location"])
    offsets = [
        dict(place.split(":") for place in each.headers["x-table-offset"].split(","))
        for each in (reply, shown)
    ]
    assert all(int(at) <= int(offsets[1][partition]) for partition, at in offsets[0].items())


async def test_an_empty_object_is_as_good_as_no_body(client: Client) -> None:
    playbook_id = await client.create()
    assert (await run(client, playbook_id, {})).status == 200
    assert (await run(client, playbook_id, b"")).status == 200
    assert await executions(client, playbook_id) == 2


async def test_parameters_and_asset_reach_the_execution(client: Client) -> None:
    say = {"say": "{{ parameters.word }} {{ asset.id }}"}
    playbook_id = await client.create(
        {"id": "one", "type": "action", "action_ref": "act-log", "parameters": say}
    )
    execution = await client.run_to_end(
        playbook_id, parameters={"word": "hello"}, target_asset_id="a-17"
    )
    path = f"/api/playbooks/executions/{execution['execution_id']}"
    [step] = (await client.get(path + "/steps")).data
    assert (step["output"], execution["asset_id"]) == ({"say": "hello a-17"}, "a-17")


async def test_a_dry_run_is_marked_as_one(client: Client) -> None:
    execution = await client.run_to_end(await client.create(), dry_run=True)
    assert (execution["dry_run"], execution["status"]) == (True, "completed")


async def test_a_disabled_playbook_can_be_run_by_hand(client: Client) -> None:
    execution = await client.run_to_end(await client.create(enabled=False))
    assert execution["status"] == "completed"


async def test_parameters_are_held_against_the_declaration(client: Client) -> None:
    playbook_id = await client.create(parameters=DECLARED)
    reply = await run(client, playbook_id, {"parameters": {"channel": 7, "chanel": "x"}})
    assert reply.refusal == (422, "invalid_parameters")
    assert fault_pointers(reply) == [
        "/parameters/channel",
        "/parameters/chanel",
        "/parameters/limit",
    ]
    assert await executions(client, playbook_id) == 0
    assert (await run(client, playbook_id, {"parameters": {"limit": 3}})).status == 200


async def test_a_number_that_no_record_can_hold_is_kept_as_a_float(client: Client) -> None:
    execution = await client.run_to_end(await client.create(), parameters={"big": 2.0**70})
    assert execution["parameters"] == {"big": 2.0**70}


async def test_a_number_in_yaml_that_no_record_can_hold_is_a_float_as_in_json(
    client: Client,
) -> None:
    text = json.dumps(playbook(action("one", parameters={"big": 2**70}))).encode()
    yaml = {"Content-Type": "application/yaml"}
    created = await client.ask("POST", "/api/playbooks", text, headers=yaml)
    execution = await client.run_to_end(created.data["id"])
    path = f"/api/playbooks/executions/{execution['execution_id']}/steps"
    assert (await client.get(path)).data[0]["output"] == {"big": 2.0**70}


async def test_fifty_requests_with_one_key_are_one_execution(client: Client) -> None:
    playbook_id, key = await client.create(), str(uuid4())
    replies = await asyncio.gather(
        *(run(client, playbook_id, {"dry_run": True}, idempotency_key=key) for _ in range(50))
    )
    assert {reply.status for reply in replies} == {200}
    assert all(reply.body == replies[0].body for reply in replies)
    await client.ended(replies[0].data["execution_id"])
    later = await run(client, playbook_id, {"dry_run": True}, idempotency_key=key)
    assert later.body == replies[0].body
    assert await executions(client, playbook_id) == 1


async def test_one_key_with_another_body_is_refused(client: Client) -> None:
    playbook_id, key = await client.create(), str(uuid4())
    assert (await run(client, playbook_id, {"dry_run": True}, idempotency_key=key)).status == 200
    for body in ({}, {"dry_run": True, "target_asset_id": "a-1"}):
        reply = await run(client, playbook_id, body, idempotency_key=key)
        assert reply.refusal == (422, "idempotency_key_reused")
    assert await executions(client, playbook_id) == 1


async def test_a_repetition_is_answered_as_before_though_the_playbook_is_gone(
    client: Client,
) -> None:
    playbook_id = await client.create()
    first = await run(client, playbook_id, idempotency_key='"abc"')
    await client.ask("DELETE", f"/api/playbooks/{playbook_id}")
    assert (await run(client, playbook_id, idempotency_key="abc")).body == first.body


async def test_two_clients_may_use_the_same_key(system: System, client: Client) -> None:
    playbook_id = await client.create()
    other = client.with_key(system.keys["write:playbooks"])
    first = await run(client, playbook_id, idempotency_key="1")
    second = await run(other, playbook_id, idempotency_key="1")
    assert first.data["execution_id"] != second.data["execution_id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256])
async def test_an_idempotency_key_of_another_form_is_refused(client: Client, key: str) -> None:
    reply = await run(client, await client.create(), idempotency_key=key)
    assert reply.refusal == (400, "invalid_header")


async def test_a_run_that_the_engine_refuses_is_a_conflict(
    system: System, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The revision vanishes between the API and the engine: nobody knows it.
    playbook_id = await client.create()
    send = CommandPublisher.send

    async def send_another(self: CommandPublisher, command: object) -> None:
        await send(self, command.model_copy(update={"playbook_revision": "gone"}))  # type: ignore[attr-defined]

    monkeypatch.setattr(CommandPublisher, "send", send_another)
    assert (await run(client, playbook_id)).refusal == (409, "unknown_revision")


async def test_a_run_waits_for_a_place_like_all_others(client: Client) -> None:
    ask = {"id": "ask", "type": "approval"}
    trigger = {"event": "finding.new", "max_running": 1}
    playbook_id = await client.create(ask, trigger=trigger)
    first = await run(client, playbook_id)
    second = await run(client, playbook_id, idempotency_key="second")
    assert [reply.data["status"] for reply in (first, second)] == ["paused", "pending"]
    assert (await run(client, playbook_id, {"dry_run": True})).data["status"] == "completed"
    cancel = f"/api/playbooks/executions/{first.data['execution_id']}/cancel"
    assert (await client.post(cancel)).status == 200
    while (await client.get(second.headers["location"])).data["status"] == "pending":
        pass  # each answer waits for the one before; the test's own time limit ends this
    assert (await client.get(second.headers["location"])).data["status"] == "paused"
    assert (await run(client, playbook_id, idempotency_key="second")).body == second.body
