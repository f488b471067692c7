"""Metrics over HTTP: who may read them, and what a run leaves in them."""

from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from api.processes.metrics import MetricsServer
from api.rest.app import create_app
from api.rest.server import AddressUnusable, RestServer
from tests.api.rest.conftest import System
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

README = Path(__file__).parents[3] / "README.md"
FIELDS = {"event", "execution_id", "playbook_id", "step_id"}
"""Of the line of a transition; ``level`` and ``timestamp`` are added to every line."""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def read(url: str, key: str | None = None) -> tuple[int, str]:
    headers = {} if key is None else {"X-API-Key": key}
    async with ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def samples(system: System) -> Samples:
    status, text = await read(f"{system.client.url}/metrics", system.keys["read:playbooks"])
    assert status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def named(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"playbooks_{name}", frozenset(labels.items())


async def send(system: System, title: str) -> None:
    data = {"finding_id": f"f-{uuid4()}", "title": title, "severity": "critical", "id": title}
    sent = await system.client.post("/api/findings", {"event": "finding.new", "data": data})
    assert sent.status == 202


async def ended(system: System, playbook_id: str) -> None:
    """Wait until an execution of the playbook has ended."""
    while True:
        reply = await system.client.get(
            "/api/playbooks/executions", playbook_id=playbook_id, status="completed"
        )
        if reply.body["meta"]["total"]:
            return


async def test_a_run_is_counted_from_the_finding_to_the_table(system: System) -> None:
    said = {"event": "finding.new", "conditions": {"title": "counted-in-metrics"}}
    playbook_id = await system.client.create(
        action("one", parameters={"say": "{{ finding.title }}"}), trigger=said
    )
    before = await samples(system)
    with capture_logs() as lines:
        await send(system, "counted-in-metrics")
        await ended(system, playbook_id)
    # What is done is counted behind its commit: the table may have read it a moment earlier.
    counted = [
        named("findings_seen_total"),
        named("action_attempts_total", action_ref="act-log", outcome="completed"),
        named("executions_total", status="completed"),
    ]
    after = before
    while any(after.get(each, 0) == before.get(each, 0) for each in counted):
        after = await samples(system)

    def grown(name: str, **labels: str) -> float:
        sample = named(name, **labels)
        return after.get(sample, 0) - before.get(sample, 0)

    assert grown("findings_seen_total") == grown("findings_matched_total") == 1
    assert grown("triggers_total", playbook_id=playbook_id) == 1
    assert grown("executions_total", status="running") == 1
    assert grown("action_attempts_total", action_ref="act-log", outcome="completed") == 1
    assert grown("step_seconds_count", type="action", status="completed") == 1
    assert grown("transactions_total", agent="executions") >= 2
    assert after[named("table_age_seconds")] >= 0
    assert after[named("table_lag_records")] >= 0
    of_the_run = [line for line in lines if line.get("playbook_id") == playbook_id]
    told = [line["event"] for line in of_the_run if line["event"][0].isupper()]
    assert told == ["ExecutionStarted", "StepStarted", "StepCompleted", "ExecutionCompleted"]
    assert all(line.keys() >= FIELDS for line in of_the_run if line["event"] in told)
    assert all(f"`{field}`" in README.read_text() for field in FIELDS | {"level", "timestamp"})


async def test_what_has_been_read_does_not_wait(system: System) -> None:
    await send(system, "read")
    while True:
        lags = {
            dict(labels)["agent"]: value
            for (name, labels), value in (await samples(system)).items()
            if name == "playbooks_lag_records"
            and dict(labels)["topic"].startswith(system.parts.settings.topic_prefix)
        }
        agents = {"triggers", "admissions", "executions", "steps"}
        if lags.keys() == agents and not any(lags.values()):
            return


async def test_no_finding_gets_into_a_label(system: System) -> None:
    marker = f"marker{uuid4().hex}"
    playbook_id = await system.client.create(
        action("one", parameters={"say": "{{ finding.title }}"}),
        trigger={"event": "finding.new", "conditions": {"title": marker}},
    )
    await send(system, marker)
    await ended(system, playbook_id)
    _, text = await read(f"{system.client.url}/metrics", system.keys["admin"])
    assert playbook_id in text
    assert marker not in text


async def test_metrics_need_a_key_that_may_read(system: System) -> None:
    url = f"{system.client.url}/metrics"
    assert (await read(url))[0] == 401
    assert (await read(url, system.keys["write:findings"]))[0] == 403


async def test_metrics_are_open_only_when_the_settings_say_so(system: System) -> None:
    settings = system.parts.settings.model_copy(update={"metrics_public": True})
    parts = type(system.parts)(**(vars(system.parts) | {"settings": settings}))
    server = RestServer(settings, create_app(parts))
    await server.start()
    try:
        status, text = await read(f"{server.url}/metrics")
        assert (status, "playbooks_findings_seen_total" in text) == (200, True)
        assert (await read(f"{server.url}/api/playbooks"))[0] == 401
    finally:
        await server.stop()


async def test_a_process_without_the_api_shows_metrics_on_a_port_of_its_own() -> None:
    server = MetricsServer("127.0.0.1", 0)
    await server.start()
    try:
        status, text = await read(server.url)
        assert (status, "playbooks_transactions_total" in text) == (200, True)
        taken = MetricsServer("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
        with pytest.raises(AddressUnusable, match="PLAYBOOKS_METRICS_PORT"):
            await taken.on_start()
    finally:
        await server.stop()
