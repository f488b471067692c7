"""Explanations over HTTP: for one event, each playbook, and the clause that fails."""

from typing import Any
from uuid import uuid4

import pytest

from streams import topics
from tests.api.rest.client import Client, Reply, fault_pointers
from tests.api.rest.conftest import System
from tests.e2e.log import values
from tests.examples import FINDING

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def explain(client: Client, event: Any, **query: Any) -> Reply:
    return await client.ask("POST", "/api/playbooks/explain", event, **query)


def event(**says: Any) -> dict[str, Any]:
    return FINDING | {"data": FINDING["data"] | says}


async def test_each_playbook_is_told_with_the_clause_that_fails(client: Client) -> None:
    rule = uuid4().hex
    trigger = {"event": "finding.new", "conditions": {"rule": rule, "cvss": {"$gt": 9.8}}}
    playbook_id = await client.create(trigger=trigger)
    [matched] = (await explain(client, event(rule=rule, cvss=9.9), playbook_id=playbook_id)).data[
        "playbooks"
    ]
    assert (matched["matched"], matched["enabled"], matched["failed"]) == (True, True, None)
    reply = await explain(client, event(rule=rule, cvss=5), playbook_id=playbook_id)
    assert (reply.data["event_id"], reply.data["event"]) == (FINDING["id"], "finding.new")
    [unmatched] = reply.data["playbooks"]
    assert (unmatched["playbook_id"], unmatched["matched"]) == (playbook_id, False)
    assert unmatched["failed"] == {
        "path": "cvss",
        "operator": "$gt",
        "expected": 9.8,
        "actual": 5,
        "missing": False,
        "pointer": "/trigger/conditions/cvss/$gt",
        "reason": "cvss is 5, expected $gt 9.8",
    }


async def test_a_playbook_that_is_off_matches_all_the_same(client: Client) -> None:
    rule = uuid4().hex
    playbook_id = await client.create(
        trigger={"event": "finding.new", "conditions": {"rule": rule}}, enabled=False
    )
    reply = await explain(client, event(rule=rule), matched="true")
    [explained] = [each for each in reply.data["playbooks"] if each["playbook_id"] == playbook_id]
    assert (explained["matched"], explained["enabled"]) == (True, False)


async def test_a_cloudevent_without_an_id_is_explained_too(client: Client) -> None:
    await client.create()
    said = {"specversion": "1.0", "type": "scan.failed", "data": {"scan_id": "s-1"}}
    reply = await explain(client, said)
    assert (reply.data["event_id"], reply.data["event"]) == (None, "scan.failed")
    assert {each["failed"]["path"] for each in reply.data["playbooks"]} == {"event.event"}


async def test_nothing_is_sent(system: System) -> None:
    rule = uuid4().hex
    await explain(system.client, event(rule=rule))
    sent = await values(system.parts.settings, topics.FINDINGS)
    assert [each for each in sent if each["data"].get("rule") == rule] == []


async def test_what_is_no_event_is_refused_with_pointers(client: Client) -> None:
    reply = await explain(client, {"event": "finding.nw", "data": []})
    assert reply.refusal == (422, "invalid_finding")
    assert fault_pointers(reply) == ["/event", "/data"]
    assert (await explain(client, event(), playbook="x")).refusal == (400, "invalid_parameter")


async def test_reading_playbooks_is_enough_to_ask(system: System) -> None:
    reader = system.client.with_key(system.keys["read:playbooks"])
    assert (await explain(reader, event())).status == 200
    sender = system.client.with_key(system.keys["write:findings"])
    assert (await explain(sender, event())).refusal == (403, "missing_scope")
