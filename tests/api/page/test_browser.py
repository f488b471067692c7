"""The page in a real browser: it moves by itself, runs nothing of what it shows, reads well.

Needs a Chromium: one that is installed (Debian: ``apt-get install chromium``), or named by
``PLAYBOOKS_TEST_CHROMIUM``. Skipped where there is none.
"""

import os
import shutil
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.api.rest.client import Client
from tests.api.rest.conftest import System
from tests.examples import action

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("PLAYBOOKS_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, NAMES)), None
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium"),
]

HOSTILE = "<img src=x onerror=alert(1)>"
ASK = {"id": "ask", "type": "approval", "message": f"Isolate it? {HOSTILE}"}
PATIENCE_MS = 30_000

expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The browser of a module."""
    async with async_playwright() as playwright:
        # Its own sandbox cannot be had by root; what it shows here is our own page.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, system: System) -> AsyncIterator[Page]:
    """A window of somebody who has logged in. Nothing that it shows may run as a script."""
    context = await browser.new_context(base_url=system.client.url)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    page.on("pageerror", lambda error: ran.append(error.message))
    page.on("console", lambda said: ran.append(said.text) if said.type == "error" else None)
    await page.goto("/")
    await page.get_by_label("API key").fill(system.keys["admin"])
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Executions")).to_be_visible()
    yield page
    await context.close()
    assert ran == []


async def run(client: Client, *steps: dict[str, Any], **says: Any) -> str:
    playbook_id = await client.create(*steps, **says)
    started = await client.post(f"/api/playbooks/{playbook_id}/run")
    execution_id: str = started.data["execution_id"]
    return execution_id


async def confirmed(page: Page, label: str, button: str) -> None:
    await page.get_by_text(label, exact=True).first.click()
    await page.get_by_role("button", name=button, exact=True).click()


async def test_the_list_shows_an_execution_as_it_starts(page: Page, client: Client) -> None:
    name = uuid4().hex
    await run(client, ASK, name=name)
    await expect(page.get_by_role("link", name=name)).to_be_visible()


async def test_an_execution_moves_while_one_looks_and_what_is_open_stays_open(
    page: Page, client: Client
) -> None:
    execution_id = await run(client, ASK, action("after", parameters={"say": HOSTILE}))
    await page.goto(f"/executions/{execution_id}")
    await page.locator("#step-1 > summary").click()
    await expect(page.locator("#graph .s-waiting").first).to_be_visible()
    await client.post(f"/api/playbooks/executions/{execution_id}/steps/ask/approve")
    await expect(page.locator("#status")).to_have_text("completed")
    await expect(page.locator("#graph g.s-completed")).to_have_count(3)
    await expect(page.locator("#step-1")).to_have_attribute("open", "")


async def test_a_step_is_approved_from_the_inbox(page: Page, client: Client) -> None:
    execution_id = await run(client, ASK)
    await page.goto("/approvals")
    card = page.locator("section.ask", has=page.locator(f'a[href="/executions/{execution_id}"]'))
    await card.get_by_text("Approve…").click()
    await card.get_by_label("Note").first.fill(HOSTILE)
    await card.get_by_role("button", name="Approve step").click()
    await expect(card).to_have_count(0)
    assert (await client.ended(execution_id))["status"] == "completed"


async def test_an_execution_is_cancelled_and_run_again(page: Page, client: Client) -> None:
    execution_id = await run(client, ASK)
    await page.goto(f"/executions/{execution_id}")
    await confirmed(page, "Cancel…", "Cancel execution")
    await expect(page.locator("#status")).to_have_text("cancelled")
    await confirmed(page, "Rerun…", "Run again")
    await expect(page.get_by_text("Rerun of")).to_be_visible()
    assert not page.url.endswith(execution_id)


async def test_all_of_it_can_be_done_with_the_keyboard(page: Page, client: Client) -> None:
    execution_id = await run(client, ASK)
    await page.goto(f"/executions/{execution_id}")
    await page.get_by_text("Cancel…", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Cancel execution")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Cancel execution")).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Cancel execution").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#status")).to_have_text("cancelled")


async def test_a_cacao_file_is_imported(page: Page, client: Client) -> None:
    playbook_id = await client.create(action("one", name=HOSTILE))
    exported = await client.get(f"/api/playbooks/{playbook_id}/export")
    await client.ask("DELETE", f"/api/playbooks/{playbook_id}")
    file: Any = {
        "name": "playbook.json",
        "mimeType": "application/json",
        "buffer": orjson.dumps(exported.body),
    }
    await page.goto("/playbooks/import")
    await page.get_by_label("File").set_input_files(file)
    await page.get_by_role("button", name="Check").click()
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("disabled")).to_be_visible()
    await confirmed(page, "Enable…", "Enable playbook")
    await expect(page.get_by_text("enabled", exact=True)).to_be_visible()


async def test_a_playbook_is_run_with_parameters(page: Page, client: Client) -> None:
    declared = {"count": {"type": "integer", "required": True, "description": HOSTILE}}
    playbook_id = await client.create(parameters=declared)
    await page.goto(f"/playbooks/{playbook_id}")
    await page.get_by_text("Run…", exact=True).click()
    await page.get_by_label("count").fill("3")
    await page.get_by_role("button", name="Run playbook").click()
    await expect(page.locator("#status")).to_have_text("completed")
    execution = await client.get(f"/api/playbooks/executions/{page.url.rsplit('/', 1)[1]}")
    assert execution.data["parameters"] == {"count": 3}


async def test_a_hostile_finding_runs_no_script_anywhere(page: Page, client: Client) -> None:
    finding_id = uuid4().hex
    trigger = {"event": "finding.new", "conditions": {"finding.id": finding_id}}
    say = action("say", name=HOSTILE, parameters={"say": "{{ finding.title }}"})
    await client.create(say, ASK, name=f"{HOSTILE} {finding_id}", trigger=trigger)
    data = {"finding_id": finding_id, "title": HOSTILE, "severity": HOSTILE}
    await client.post("/api/findings", {"event": "finding.new", "data": data})
    row = page.locator("tr", has_text=finding_id)
    await expect(row).to_be_visible()
    await row.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_text("Approve…")).to_be_visible()
    for path in ("/approvals", "/playbooks"):
        await page.goto(path)
        await expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert await page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_shut_out(page: Page, client: Client, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme)
    execution_id = await run(client, action("one"), ASK)
    playbook_id = await client.create(parameters={"who": {"type": "string"}})
    paths = ["/", f"/executions/{execution_id}", "/playbooks", f"/playbooks/{playbook_id}"]
    forms = ["/approvals", "/dead-letters", "/playbooks/import", "/playbooks/explain"]
    for path in paths if scheme == "dark" else [*paths, *forms]:
        await page.goto(path)
        found = await Axe().run(page)
        assert found.response["passes"], "axe has looked at nothing"
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]])
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], path


async def test_on_a_phone_nothing_stands_beside_the_screen(page: Page, client: Client) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    execution_id = await run(client, action("one"), ASK)
    for path in ("/", f"/executions/{execution_id}", "/playbooks", "/approvals", "/docs"):
        await page.goto(path)
        root = page.locator("html")
        assert await root.evaluate("of => of.scrollWidth <= of.clientWidth"), path
