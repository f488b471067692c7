"""Backtests over HTTP: a draft trigger on the findings that the topic holds."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.rest.client import Client, Reply, fault_pointers
from tests.api.rest.conftest import System
from tests.examples import FINDING

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def backtest(client: Client, trigger: Any, **says: Any) -> Reply:
    return await client.post("/api/playbooks/backtest", {"trigger": trigger} | says)


def trigger(rule: str, **says: Any) -> dict[str, Any]:
    return {"event": "finding.new", "conditions": {"rule": rule}} | says


async def sent(client: Client, rule: str, count: int) -> list[str]:
    events = [
        FINDING | {"id": f"evt-{rule}-{n}", "data": FINDING["data"] | {"rule": rule}}
        for n in range(count)
    ]
    ids: list[str] = (await client.post("/api/findings", events)).data["ids"]
    return ids


async def test_a_draft_is_tried_on_what_has_come(client: Client) -> None:
    rule = uuid4().hex
    ids = await sent(client, rule, 5)
    found = (await backtest(client, trigger(rule), since="1h", limit=3)).data
    assert (found["matched"], found["started"], found["complete"]) == (5, 5, True)
    assert found["scanned"] >= 5
    assert sum(day["matched"] for day in found["per_day"]) == 5
    assert len(found["examples"]) == 3
    assert {example["event_id"] for example in found["examples"]} <= set(ids)
    # Nothing has been started by it, and no such playbook is there.
    listed = await client.get("/api/playbooks/executions", playbook_id="draft")
    assert listed.data == []


async def test_the_limits_of_the_draft_are_counted(client: Client) -> None:
    rule = uuid4().hex
    await sent(client, rule, 5)
    dedupe = {"key": "{{ asset.id }}", "window": "1h"}
    found = (await backtest(client, trigger(rule, dedupe=dedupe))).data
    assert (found["matched"], found["deduplicated"], found["started"]) == (5, 4, 1)


async def test_a_time_that_has_passed_bounds_it(client: Client) -> None:
    rule = uuid4().hex
    await sent(client, rule, 1)
    times = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
    found = (await backtest(client, trigger(rule), **times)).data
    assert (found["scanned"], found["matched"], found["per_day"]) == (0, 0, [])
    assert (found["since"], found["until"]) == (times["since"], times["until"])


@pytest.mark.parametrize(
    ("says", "pointers"),
    [
        ({"trigger": {"event": "finding.nw"}}, ["/trigger/event"]),
        ({"trigger": {"event": "manual"}}, ["/trigger/event"]),
        (
            {"trigger": {"event": "finding.new", "conditions": {"a": {"$near": 1}}}},
            ["/trigger/conditions/a/$near"],
        ),
        ({"since": "soon", "until": "later"}, ["/since", "/until"]),
        ({"since": "1h", "until": "2h"}, ["/until"]),
        ({"limit": 101}, ["/limit"]),
        ({"sinse": "7d"}, ["/sinse"]),
    ],
    ids=str,
)
async def test_what_cannot_be_tried_is_refused_with_pointers(
    client: Client, says: dict[str, Any], pointers: list[str]
) -> None:
    reply = await backtest(client, says.pop("trigger", trigger("none")), **says)
    assert reply.status == 422
    assert fault_pointers(reply) == pointers


async def test_reading_playbooks_is_enough_to_ask(system: System) -> None:
    reader = system.client.with_key(system.keys["read:playbooks"])
    assert (await backtest(reader, trigger("none"))).status == 200
