"""Executions over HTTP: shown, listed, looked back at, stopped. To the letter."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.rest.client import Client
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXECUTIONS = "/api/playbooks/executions"

# Nothing listens there: the first attempt fails, and the next one is far away.
STUCK = action(
    "stuck",
    action_ref="act-http-request",
    parameters={"url": "http://127.0.0.1:9/"},
    retry={"max_attempts": 2, "delay_seconds": 3600, "max_delay_seconds": 3600},
)


async def started(client: Client, *steps: dict[str, Any], **says: Any) -> str:
    playbook_id = await client.create(*steps, **says)
    execution_id: str = (await client.post(f"/api/playbooks/{playbook_id}/run")).data[
        "execution_id"
    ]
    return execution_id


async def test_an_execution_tells_the_documented_fields(client: Client) -> None:
    playbook_id = await client.create(action("one"), action("two"), name="Two steps")
    execution = await client.run_to_end(playbook_id)
    assert list(execution)[:10] == [
        "execution_id",
        "playbook_id",
        "playbook_name",
        "status",
        "current_step",
        "steps_completed",
        "steps_total",
        "started_at",
        "completed_at",
        "duration_seconds",
    ]
    begin = datetime.fromisoformat(execution["started_at"])
    end = datetime.fromisoformat(execution["completed_at"])
    expected = {
        "playbook_id": playbook_id,
        "playbook_name": "Two steps",
        "status": "completed",
        "current_step": None,
        "steps_completed": 2,
        "steps_total": 2,
        "duration_seconds": int((end - begin).total_seconds()),
        "trigger": "manual",
        "by": "admin",
        "dry_run": False,
    }
    assert {name: execution[name] for name in expected} == expected
    assert execution["started_at"].endswith("Z")
    assert execution["execution_id"].startswith("pexec-")


async def test_the_steps_tell_the_documented_fields(client: Client) -> None:
    say = {"say": "hello"}
    playbook_id = await client.create(action("one", name="First", parameters=say), action("two"))
    execution = await client.run_to_end(playbook_id)
    reply = await client.get(f"{EXECUTIONS}/{execution['execution_id']}/steps")
    assert list(reply.body) == ["data"]
    one, two = reply.data
    assert list(one)[:7] == [
        "step_id",
        "step_name",
        "type",
        "status",
        "output",
        "started_at",
        "completed_at",
    ]
    assert (one["step_id"], one["step_name"], one["type"]) == ("one", "First", "action")
    assert (one["status"], one["output"], one["input"], one["attempts"]) == (
        "completed",
        say,
        say,
        1,
    )
    assert two["step_name"] == "two"
    assert one["error"] is None


async def test_the_events_are_those_of_the_log(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    events = (await client.get(f"{EXECUTIONS}/{execution['execution_id']}/events")).data
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "StepStarted",
        "StepCompleted",
        "ExecutionCompleted",
    ]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4]


async def test_a_step_under_way_is_the_current_one(client: Client) -> None:
    execution_id = await started(client, STUCK, action("two"))
    execution = (await client.get(f"{EXECUTIONS}/{execution_id}")).data
    assert (execution["status"], execution["current_step"]) == ("running", "stuck")
    assert (execution["completed_at"], execution["duration_seconds"]) == (None, None)
    assert (execution["steps_completed"], execution["steps_total"]) == (0, 2)


async def test_a_failed_execution_says_why(client: Client) -> None:
    playbook_id = await client.create(action("one", parameters={"say": "{{ finding.title }}"}))
    execution = await client.run_to_end(playbook_id)
    [step] = (await client.get(f"{EXECUTIONS}/{execution['execution_id']}/steps")).data
    assert (execution["status"], execution["steps_failed"]) == ("failed", 1)
    assert step["status"] == "failed"
    assert "finding.title" in step["error"]["message"]


async def test_the_past_can_be_asked_for(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    path = f"{EXECUTIONS}/{execution['execution_id']}"
    at_first = {"as_of": execution["started_at"]}
    assert (await client.get(path, **at_first)).data["status"] == "running"
    assert (await client.get(path + "/steps", **at_first)).data[0]["status"] == "running"
    assert (await client.get(path, as_of=execution["completed_at"])).data == execution
    before = datetime.fromisoformat(execution["started_at"]) - timedelta(microseconds=1)
    reply = await client.get(path, as_of=before.isoformat().replace("+00:00", "Z"))
    assert reply.refusal == (404, "execution_not_found")
    assert "had not begun" in reply.error["message"]


async def test_every_filter_narrows_the_list(client: Client) -> None:
    playbook_id, asset = await client.create(), f"a-{uuid4().hex}"
    real = await client.run_to_end(playbook_id, target_asset_id=asset)
    dry = await client.run_to_end(playbook_id, target_asset_id=asset, dry_run=True)
    both, none = [dry["execution_id"], real["execution_id"]], []

    async def listed(**query: str) -> list[str]:
        reply = await client.get(EXECUTIONS, asset_id=asset, **query)
        return [e["execution_id"] for e in reply.data]

    assert await listed() == both
    assert await listed(dry_run="true") == both[:1]
    assert await listed(dry_run="false") == both[1:]
    assert await listed(status="completed") == both
    assert await listed(status="failed") == none
    assert await listed(trigger="manual") == both
    assert await listed(trigger="finding.new") == none
    assert await listed(finding_id="f-1") == none
    assert await listed(playbook_id="pb-other") == none
    assert await listed(since=dry["started_at"]) == both[:1]
    assert await listed(until=dry["started_at"]) == both[1:]


async def test_what_is_read_from_the_table_says_how_current_it_is(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    path = f"{EXECUTIONS}/{execution['execution_id']}"
    for reply in (
        await client.get(EXECUTIONS),
        await client.get(path),
        await client.get(path + "/steps"),
        await client.get(path + "/events"),
    ):
        offsets = dict(place.split(":") for place in reply.headers["x-table-offset"].split(","))
        assert set(offsets) == {"0", "1"}
        assert float(reply.headers["x-table-age"]) >= 0


async def test_a_running_execution_can_be_cancelled(client: Client) -> None:
    execution_id = await started(client, STUCK)
    reply = await client.post(f"{EXECUTIONS}/{execution_id}/cancel", {"note": "false alarm"})
    assert (reply.status, reply.data["status"]) == (200, "cancelled")
    assert reply.data["reason"] == "false alarm"
    events = (await client.get(f"{EXECUTIONS}/{execution_id}/events")).data
    assert (events[-1]["type"], events[-1]["by"]) == ("ExecutionCancelled", "admin")


async def test_what_has_ended_cannot_be_cancelled(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    reply = await client.post(f"{EXECUTIONS}/{execution['execution_id']}/cancel")
    assert reply.refusal == (409, "already_ended")
    assert "completed" in reply.error["message"]


async def test_actions_are_listed_with_what_they_take(client: Client) -> None:
    reply = await client.get("/api/actions", search="LOG", per_page=1)
    assert reply.body["meta"] == {"total": 1, "page": 1, "per_page": 1}
    [described] = reply.data
    assert (described["id"], described["type"], described["configured"]) == (
        "act-log",
        "log",
        True,
    )
    assert (await client.get("/api/actions", type="jira")).data[0]["id"] == "act-jira-create"
