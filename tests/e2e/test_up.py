"""The main job from outside: ``playbooks up``, HTTP, Kafka, and what Slack and Jira were told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest_asyncio

from api.cli.runs import ended
from api.client import Client
from api.demo.stand_in import StandIn
from api.keys import admin
from streams import topics
from streams.settings import Settings
from tests.api.cli.shell import Shell, running
from tests.e2e.log import events_until_ended, send, values_until
from tests.examples import CRITICAL_FINDING_ALERT, FINDING


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """What takes the place of Slack and Jira."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest_asyncio.fixture
async def client(settings: Settings, stand_in: StandIn, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of ``playbooks up``, whose actions go to the stand-in."""
    actions_file = tmp_path / "actions.yaml"
    actions_file.write_bytes(orjson.dumps(stand_in.actions()))
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": str(settings.broker),
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_ACTIONS_FILE": str(actions_file),
        }
    )
    with running(shell, "up", log=tmp_path / "up.log") as up:
        url = up.ready()
        key = (settings.data_dir / admin.FILE_NAME).read_text().strip()
        async with Client(url, key) as client:
            yield client
        assert up.stop() == ""


async def created(client: Client) -> str:
    """Post the documented playbook as it stands in the documentation; return its id."""
    answer = await client.ask("POST", "playbooks", body=CRITICAL_FINDING_ALERT)
    assert answer.status == 201
    return str(answer.data["id"])


def sent(stand_in: StandIn) -> list[tuple[str, str]]:
    """Return what Slack and Jira were told, without the searches that change nothing."""
    return [(each.kind, each.text) for each in stand_in.received if each.kind != "jira_search"]


def told(title: str) -> list[tuple[str, str]]:
    return [("slack", f"Critical finding: {title}"), ("jira_issue", title)]


async def test_a_finding_over_http_becomes_one_completed_execution(
    settings: Settings, client: Client, stand_in: StandIn
) -> None:
    playbook_id = await created(client)
    accepted = await client.ask("POST", "findings", body=FINDING)
    assert (accepted.status, accepted.data["ids"]) == (202, [FINDING["id"]])
    [execution_id] = await events_until_ended(settings, 1)
    shown = await ended(client, execution_id)
    assert shown["playbook_id"] == playbook_id
    assert (shown["status"], shown["steps_completed"], shown["steps_total"]) == ("completed", 2, 2)
    assert sent(stand_in) == told(FINDING["data"]["title"])


async def test_a_finding_on_kafka_does_the_same(
    settings: Settings, client: Client, stand_in: StandIn
) -> None:
    await created(client)
    await send(settings, topics.FINDINGS, [(b"a-1001", orjson.dumps(FINDING))])
    await events_until_ended(settings, 1)
    assert sent(stand_in) == told(FINDING["data"]["title"])


async def test_the_same_finding_on_both_ways_is_one_execution(
    settings: Settings, client: Client, stand_in: StandIn
) -> None:
    await created(client)
    other: dict[str, Any] = FINDING | {"id": uuid4().hex}
    await client.ask("POST", "findings", body=FINDING)
    await send(settings, topics.FINDINGS, [(b"a-1001", orjson.dumps(FINDING))])
    await client.ask("POST", "findings", body=other)
    histories = await events_until_ended(settings, 2)
    assert len(histories) == 2
    [refused] = await values_until(settings, topics.REJECTIONS, lambda found: len(found) > 0)
    assert refused["command_type"] == "StartExecution"
    assert sorted(sent(stand_in)) == sorted(told(FINDING["data"]["title"]) * 2)


async def test_the_demo_can_be_shown_on_it(settings: Settings, client: Client) -> None:
    shell = Shell({"PLAYBOOKS_DATA_DIR": str(settings.data_dir)})
    said = await asyncio.to_thread(shell, "demo", "--url", client.url)
    assert "executions       10 completed" in said
