"""The API as a page: open to all, complete, and every link in it leads somewhere."""

import re
from html import unescape

import pytest
from aiohttp import ClientSession

from api.page.shapes import Piece, limits, prose, shape
from api.rest.routes import ROUTES
from tests.api.page.visitor import Shown, Visitor
from tests.api.rest.client import Client
from tests.api.rest.conftest import System
from tests.api.rest.contract import DOCUMENT

asked = pytest.mark.asyncio(loop_scope="module")


async def seen(system: System) -> Shown:
    """Return the page as somebody sees it who has no key."""
    async with ClientSession() as session:
        return await Visitor(session, system.client.url).see("/docs")


@asked
async def test_it_is_shown_to_who_has_not_logged_in(system: System) -> None:
    shown = await seen(system)
    assert (shown.status, shown.path) == (200, "/docs")
    assert shown.headers["Content-Type"].startswith("text/html")


@asked
async def test_it_needs_no_script_and_nothing_from_elsewhere(system: System) -> None:
    shown = await seen(system)
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "<script" not in shown.text
    assert " style=" not in shown.text
    assert [each for each in re.findall(r'(?:src|href)="([^"]+)"', shown.text) if ":" in each] == []


@asked
async def test_every_route_and_every_schema_stand_in_it(system: System) -> None:
    text = unescape((await seen(system)).text)
    missing = [r for r in ROUTES if f"<code>{r.method} {r.path}</code></h2>" not in text]
    assert missing == []
    for name in ("PlaybookDocument", "ExecutionShown", "StepShown", "ErrorAnswer"):
        assert f'id="schema-{name}"' in text
    assert '"Isolate a host"' in text


@asked
async def test_every_link_within_it_leads_somewhere(system: System) -> None:
    text = (await seen(system)).text
    places = re.findall(r'\bid="([^"]+)"', text)
    assert len(set(places)) == len(places)
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(places)


@asked
async def test_the_menu_of_the_page_leads_to_it(visitor: Visitor) -> None:
    assert '<a href="/docs">API</a>' in (await visitor.see("/")).text


@asked
async def test_another_method_is_refused_as_anywhere(client: Client) -> None:
    assert (await client.ask("POST", "/docs")).refusal == (405, "method_not_allowed")


def test_a_schema_is_said_in_words() -> None:
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Step"}}
    assert shape(listed) == [Piece("list of "), Piece("Step", schema="Step")]
    either = shape({"anyOf": [{"type": "string"}, {"const": 7}, {"type": "null"}]})
    assert "".join(piece.text for piece in either) == "string, 7 or null"
    assert shape({}) == [Piece("anything")]


def test_the_limits_of_a_value_are_said() -> None:
    assert limits({"type": "integer", "minimum": 1.0, "default": 5}) == "from 1, default 5"
    assert limits({"anyOf": [{"type": "string", "maxLength": 8}, {"type": "null"}]}) == (
        "at most 8 characters"
    )


def test_what_is_code_in_a_description_is_shown_as_code() -> None:
    assert prose("With ``Link``.\n\nNeeds `admin`.") == [
        [Piece("With "), Piece("Link", code=True), Piece(".")],
        [Piece("Needs "), Piece("admin", code=True), Piece(".")],
    ]


def test_every_schema_of_the_document_can_be_said() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert "".join(piece.text for piece in shape(schema)), name
