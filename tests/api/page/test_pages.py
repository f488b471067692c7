"""The views of the page over plain HTTP: what they show, and what their forms do."""

import re
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import orjson
import pytest
from aiohttp import ClientSession, CookieJar

from streams import clients, topics
from tests.api.page.visitor import Visitor
from tests.api.rest.client import Client, playbook
from tests.api.rest.conftest import System
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<img src=x onerror=alert(1)>"
ASK = {"id": "ask", "type": "approval", "message": "Isolate it?"}


async def run(client: Client, *steps: dict[str, Any], **says: Any) -> str:
    playbook_id = await client.create(*steps, **says)
    started = await client.post(f"/api/playbooks/{playbook_id}/run")
    execution_id: str = started.data["execution_id"]
    return execution_id


async def asked(visitor: Visitor, execution_id: str) -> None:
    """Wait until an execution asks for a decision, and all before that has ended."""
    while execution_id not in (await visitor.see("/approvals")).text:
        pass  # each answer waits for the one before; the test's own time limit ends this


async def test_a_form_of_another_site_changes_nothing(visitor: Visitor, client: Client) -> None:
    execution_id = await run(client, ASK)
    path = f"/executions/{execution_id}/cancel"
    assert (await visitor.send(path, csrf="guessed")).status == 403
    assert (await visitor.send(path, {"Sec-Fetch-Site": "cross-site"})).status == 403
    reply = await client.get(f"/api/playbooks/executions/{execution_id}")
    assert reply.data["completed_at"] is None


async def test_a_key_that_may_only_read_changes_nothing(system: System) -> None:
    execution_id = await run(system.client, ASK)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        reader = Visitor(session, system.client.url)
        await reader.log_in(system.keys["read:playbooks"])
        shown = await reader.see(f"/executions/{execution_id}")
        assert "/cancel" not in shown.text
        assert (await reader.send(f"/executions/{execution_id}/cancel")).status == 403


async def test_every_page_forbids_inline_scripts_and_frames(visitor: Visitor) -> None:
    for path in ("/", "/playbooks", "/approvals", "/dead-letters", "/login", "/playbooks/import"):
        shown = await visitor.see(path)
        assert shown.status == 200
        policy = shown.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert " style=" not in shown.text
        assert "<script>" not in shown.text


async def test_static_files_are_open_and_nothing_beside_them(visitor: Visitor) -> None:
    for name in ("page.css", "page.js", "icon.svg"):
        assert (await visitor.see(f"/static/{name}")).status == 200
    assert (await visitor.see("/static/..%2Fpages.py")).status == 404


async def test_an_execution_is_listed_and_found_by_its_finding(
    visitor: Visitor, client: Client
) -> None:
    name, finding_id = uuid4().hex, uuid4().hex
    trigger = {"event": "finding.new", "conditions": {"finding.id": finding_id}}
    await client.create(name=name, trigger=trigger)
    data = {"finding_id": finding_id, "title": HOSTILE, "severity": "critical"}
    await client.post("/api/findings", {"event": "finding.new", "data": data})
    while (await client.get("/api/playbooks/executions", finding_id=finding_id)).body["data"] == []:
        pass  # each answer waits for the one before; the test's own time limit ends this
    shown = await visitor.see("/", search=finding_id)
    assert name in shown.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown.text
    assert HOSTILE not in shown.text
    assert "critical" in shown.text


async def test_an_execution_shows_graph_steps_and_events(visitor: Visitor, client: Client) -> None:
    execution_id = await run(client, action("one", name=HOSTILE, parameters={"say": HOSTILE}), ASK)
    await asked(visitor, execution_id)  # else "one" may be cancelled with the rest
    await client.post(f"/api/playbooks/executions/{execution_id}/cancel")
    shown = await visitor.see(f"/executions/{execution_id}")
    assert shown.status == 200
    assert HOSTILE not in shown.text
    for part in ("<svg", "s-completed", "ExecutionStarted", "StepCompleted", "Input", "Output"):
        assert part in shown.text


async def test_an_unknown_execution_is_said_to_be_none(visitor: Visitor) -> None:
    shown = await visitor.see("/executions/pexec-none")
    assert shown.status == 404
    assert "there is no execution pexec-none" in shown.text


async def test_an_execution_is_paused_resumed_cancelled_and_run_again(
    visitor: Visitor, client: Client
) -> None:
    path = f"/executions/{await run(client, ASK)}"
    assert "Resume execution" in (await visitor.send(f"{path}/pause", note="lunch")).text
    assert "Pause execution" in (await visitor.send(f"{path}/resume")).text
    shown = await visitor.send(f"{path}/cancel", note="not needed")
    assert (shown.path, "not needed" in shown.text) == (path, True)
    again = await visitor.send(f"{path}/rerun", **{"from": "start"})
    assert again.path != path
    assert "Rerun of" in again.text
    refused = await visitor.send(f"{path}/cancel")
    assert refused.status == 409


@pytest.mark.parametrize(("decision", "status"), [("approve", "completed"), ("reject", "failed")])
async def test_what_waits_is_decided_in_the_inbox(
    visitor: Visitor, client: Client, decision: str, status: str
) -> None:
    execution_id = await run(client, ASK)
    await asked(visitor, execution_id)
    path = f"/executions/{execution_id}/steps/ask/{decision}"
    shown = await visitor.send(path, note="as agreed", back="approvals")
    assert shown.path == "/approvals"
    assert execution_id not in shown.text
    assert (await client.ended(execution_id))["status"] == status


async def test_a_playbook_is_run_with_its_parameters(visitor: Visitor, client: Client) -> None:
    declared = {"count": {"type": "integer", "required": True}, "who": {"type": "string"}}
    playbook_id = await client.create(parameters=declared)
    shown = await visitor.see(f"/playbooks/{playbook_id}")
    assert 'name="parameter:count"' in shown.text
    path, form = f"/playbooks/{playbook_id}/run", {"parameter:count": "3", "parameter:who": "Ada"}
    started = await visitor.send(path, dry_run="yes", **form)
    execution = await client.ended(started.path.rsplit("/", 1)[1])
    assert (execution["parameters"], execution["dry_run"]) == ({"count": 3, "who": "Ada"}, True)
    wrong = await visitor.send(path, **{"parameter:count": "three"})
    assert (wrong.status, "/parameters/count" in wrong.text) == (422, True)


async def test_a_playbook_is_switched_off_and_on(visitor: Visitor, client: Client) -> None:
    path = f"/playbooks/{await client.create()}"
    assert "disabled" in (await visitor.send(f"{path}/switch", enabled="no")).text
    assert "Disable playbook" in (await visitor.send(f"{path}/switch", enabled="yes")).text


async def test_an_export_is_checked_and_imported_beside_the_first(
    visitor: Visitor, client: Client
) -> None:
    playbook_id = await client.create()
    exported = await visitor.see(f"/playbooks/{playbook_id}/export", format="cacao_v2")
    assert orjson.loads(exported.text)["spec_version"] == "cacao-2.0"
    checked = await visitor.send("/playbooks/import", text=exported.text, do="check")
    assert (checked.status, "is there already" in checked.text) == (200, True)
    refused = await visitor.send("/playbooks/import", text=exported.text, do="import")
    assert refused.status == 409
    done = await visitor.send(
        "/playbooks/import", text=exported.text, do="import", on_conflict="rename"
    )
    assert done.path == f"/playbooks/{playbook_id}-2"
    assert "disabled" in done.text


async def test_what_is_wrong_with_an_import_is_said_with_its_place(visitor: Visitor) -> None:
    text = orjson.dumps(playbook(version="one")).decode()
    shown = await visitor.send("/playbooks/import", text=text, do="import")
    assert (shown.status, "/version" in shown.text) == (422, True)
    assert (await visitor.send("/playbooks/import", text="", do="check")).status == 400


async def test_a_finding_is_explained(visitor: Visitor, client: Client) -> None:
    name = uuid4().hex
    await client.create(
        name=name, trigger={"event": "finding.new", "conditions": {"severity": "low"}}
    )
    event = {"event": "finding.new", "data": {"finding_id": "f", "severity": "high"}}
    shown = await visitor.send("/playbooks/explain", text=orjson.dumps(event).decode())
    assert shown.status == 200
    assert name in shown.text
    assert (await visitor.send("/playbooks/explain", text="{")).status == 400


async def test_a_dead_letter_is_shown_with_its_reason_and_replayed(
    visitor: Visitor, system: System
) -> None:
    settings = system.parts.settings
    async with clients.producer(settings) as producer:
        topic = topics.FINDINGS.named(settings.topic_prefix)
        await producer.send_and_wait(topic, HOSTILE.encode(), partition=0)
    while (
        "&lt;img src=x onerror=alert(1)&gt;"
        not in (shown := await visitor.see("/dead-letters")).text
    ):
        pass  # each answer waits for the one before; the test's own time limit ends this
    assert HOSTILE not in shown.text
    found = re.search(r"/dead-letters/[^/]+/replay", shown.text)
    assert found is not None
    assert (await visitor.send(unquote(found[0]))).path == "/dead-letters"
    assert (await visitor.send("/dead-letters/0:99/replay")).status == 404
