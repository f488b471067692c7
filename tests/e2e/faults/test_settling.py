"""A worker is killed when Jira has opened the ticket, and has not yet made it findable."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from schemas.playbooks import Playbook
from streams.actions.jira import Jira
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import events_until_ended, send_findings
from tests.e2e.processes import workers
from tests.serving import served

LATE_SECONDS = 0.8 * Jira.settle_seconds
"""How long a ticket cannot be found: shorter than the product waits, longer than a restart."""

PATIENCE_SECONDS = 60.0

TICKET = {"project": "SEC", "summary": "{{ finding.title }}"}


class LateJira:
    """Opens tickets at once, answers the first one never, and finds them late."""

    def __init__(self) -> None:
        self.base_url = ""
        self.opened: list[tuple[float, str]] = []
        self.searched: list[float] = []
        self.first = asyncio.Event()

    async def create(self, request: web.Request) -> web.Response:
        """Open a ticket."""
        labels = (await request.json())["fields"]["labels"]
        self.opened.append((time.monotonic(), labels[-1]))
        if not self.first.is_set():
            self.first.set()
            await asyncio.Event().wait()  # until the caller is gone
        return web.json_response({"key": f"SEC-{len(self.opened)}"})

    async def search(self, request: web.Request) -> web.Response:
        """Find what was opened long enough ago."""
        jql, now = (await request.json())["jql"], time.monotonic()
        self.searched.append(now)
        found: list[dict[str, Any]] = [
            {"key": f"SEC-{number}"}
            for number, (opened_at, label) in enumerate(self.opened, 1)
            if label in jql and now - opened_at >= LATE_SECONDS
        ]
        return web.json_response({"issues": found})


@asynccontextmanager
async def late_jira() -> AsyncIterator[LateJira]:
    """Serve on a free port of the loopback interface."""
    jira = LateJira()
    app = web.Application()
    app.router.add_post("/rest/api/3/issue", jira.create)
    app.router.add_post("/rest/api/3/search/jql", jira.search)
    async with served(app) as jira.base_url:
        yield jira


@pytest.mark.faults
async def test_who_takes_over_waits_until_the_ticket_can_be_found_and_opens_no_second_one(
    settings: Settings, registry: PlaybookRegistry, tmp_path: Path
) -> None:
    step = {"id": "open", "type": "action", "action_ref": "act-jira-create", "parameters": TICKET}
    definition = Playbook.model_validate(logging_playbook(1) | {"steps": [step]})
    await registry.publish(definition, by="test", expected=None)
    async with late_jira() as jira:
        actions = tmp_path / "actions.yaml"
        jira_settings = f"{{connector: jira, base_url: '{jira.base_url}', token: t}}"
        actions.write_text(f"act-jira-create: {jira_settings}\n")
        told = settings.model_copy(update={"actions_file": actions})
        with workers(told, 1) as running:
            running.wait_until_ready()
            await send_findings(told, findings(1))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await jira.first.wait()
            running.kill(0)
            [history] = (await events_until_ended(told, 1)).values()
    assert history[-1].type == "ExecutionCompleted"
    assert len(jira.opened) == 1
    [_, second] = jira.searched
    assert second - jira.opened[0][0] >= LATE_SECONDS
