"""Logging in to the page and out again: who gets in, where to, and for how long."""

from uuid import uuid4

import pytest
from aiohttp import ClientSession, CookieJar

from tests.api.page.visitor import Visitor
from tests.api.rest.conftest import System

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_has_not_logged_in_is_led_to_the_login(system: System) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        stranger = Visitor(session, system.client.url)
        for path in ("/", "/playbooks", "/approvals", "/dead-letters", "/executions/x"):
            assert (await stranger.see(path)).path == "/login"
        assert (await stranger.send("/playbooks/x/run")).path == "/login"


async def test_a_wrong_key_is_refused(system: System) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        shown = await Visitor(session, system.client.url).log_in("pbk_wrong")
        assert shown.status == 401
        assert "unknown, revoked or expired" in shown.text


async def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites(
    system: System,
) -> None:
    async with (
        ClientSession() as session,
        session.post(
            f"{system.client.url}/login",
            data={"key": system.keys["admin"], "next": "/"},
            allow_redirects=False,
        ) as response,
    ):
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert system.keys["admin"] not in cookie


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/\\example.org"])
async def test_a_login_leads_nowhere_else(system: System, elsewhere: str) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        shown = await Visitor(session, system.client.url).log_in(system.keys["admin"], elsewhere)
        assert (shown.status, shown.path) == (200, "/")


async def test_a_login_leads_on_to_where_one_wanted_to_go(system: System) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        shown = await Visitor(session, system.client.url).log_in(system.keys["admin"], "/approvals")
        assert shown.path == "/approvals"


async def test_after_the_logout_nothing_is_shown(visitor: Visitor) -> None:
    assert (await visitor.send("/logout")).path == "/login"
    assert (await visitor.see("/")).path == "/login"


async def test_a_revoked_key_ends_its_session(system: System) -> None:
    created = await system.client.post(
        "/api/keys", {"name": uuid4().hex, "scopes": ["read:playbooks"]}
    )
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        visitor = Visitor(session, system.client.url)
        assert (await visitor.log_in(created.data["key"])).path == "/"
        await system.client.ask("DELETE", f"/api/keys/{created.data['id']}")
        assert (await visitor.see("/")).path == "/login"
