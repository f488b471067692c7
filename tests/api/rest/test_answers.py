"""What every answer carries, and what goes wrong without anybody's fault."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from api.rest.app import create_app
from api.rest.parts import Parts
from api.rest.server import AddressUnusable, RestServer
from streams.setting_values import RateLimit
from tests.api.rest.client import Client
from tests.api.rest.conftest import System

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def served(parts: Parts, key: str | None) -> AsyncIterator[Client]:
    """Serve the same system a second time, with some parts exchanged."""
    async with RestServer(parts.settings, create_app(parts)) as server, ClientSession() as session:
        yield Client(session, server.url, key)


async def test_a_request_keeps_its_id(client: Client) -> None:
    reply = await client.ask("GET", "/healthz", headers={"X-Request-Id": "trace-1"})
    assert reply.headers["x-request-id"] == "trace-1"


async def test_a_request_without_a_proper_id_gets_one(client: Client) -> None:
    ids = [
        (await client.ask("GET", "/healthz", headers=said)).headers["x-request-id"]
        for said in ({}, {}, {"X-Request-Id": "a b<script>"})
    ]
    assert len(set(ids)) == 3
    assert all(len(request_id) == 36 for request_id in ids)


async def test_no_answer_is_kept_or_guessed_at(client: Client) -> None:
    for path in ("/healthz", "/api/playbooks", "/api/nothing"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["server"] == "playbooks"


async def test_health_is_told_to_everybody(client: Client) -> None:
    nobody = client.with_key(None)
    assert (await nobody.get("/healthz")).data == {"status": "live"}
    while (ready := await nobody.get("/readyz")).status != 200:
        assert ready.refusal == (503, "not_ready")
    assert ready.data["status"] == "ready"
    assert ready.data["checks"] == [
        {"name": "table", "ok": True, "reason": ""},
        {"name": "broker", "ok": True, "reason": ""},
    ]


async def test_until_the_table_has_caught_up_it_is_not_ready(system: System) -> None:
    class Behind:
        caught_up = False
        lag = 17

    async with served(replace(system.parts, projection=Behind()), None) as client:
        reply = await client.get("/readyz")
    assert reply.refusal == (503, "not_ready")
    assert "retry-after" in reply.headers
    assert reply.error["reasons"] == [
        "the table has not caught up with the log yet, it is 17 records behind"
    ]


async def test_every_answer_tells_what_is_left_of_the_rate(system: System) -> None:
    limited = system.parts.settings.model_copy(update={"rate_limit": RateLimit(1, 2)})
    parts = replace(system.parts, settings=limited)
    async with served(parts, system.keys["read:playbooks"]) as client:
        replies = [await client.get(path) for path in ("/api/playbooks", "/api/nothing")]
        assert [reply.headers["x-ratelimit-limit"] for reply in replies] == ["1", "1"]
        assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["1", "0"]
        refused = await client.get("/api/playbooks")
        assert refused.refusal == (429, "rate_limited")
        assert refused.headers["retry-after"] == str(refused.error["retry_after"])
        assert int(refused.headers["x-ratelimit-reset"]) > 0
        # Another key has a bucket of its own, and health needs none.
        other = client.with_key(system.keys["admin"])
        assert (await other.get("/api/playbooks")).status == 200
        assert (await client.get("/healthz")).status == 200


async def test_an_error_that_nobody_foresaw_tells_nothing_of_the_inside(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def describe(self) -> list[object]:
            raise RuntimeError("secret of the inside")

    parts = replace(system.parts, actions=Broken())  # type: ignore[arg-type]
    async with served(parts, system.keys["admin"]) as client:
        reply = await client.get("/api/actions")
    assert reply.refusal == (500, "internal_error")
    assert reply.headers["x-request-id"] in reply.error["message"]
    assert "inside" not in str(reply.body)
    assert reply.headers["x-request-id"] in capsys.readouterr().out


async def test_a_spoilt_file_of_keys_is_no_ones_request_fault(
    system: System, client: Client
) -> None:
    path = system.parts.keys.path
    content = path.read_bytes()
    try:
        path.write_bytes(b"[{]")
        reply = await client.get("/api/playbooks")
    finally:
        path.write_bytes(content)
    assert reply.refusal == (503, "data_unavailable")
    assert str(path) not in str(reply.body)
    assert (await client.get("/api/playbooks")).status == 200


async def test_a_port_in_use_is_told_plainly(system: System, client: Client) -> None:
    port = int(client.url.rpartition(":")[2])
    settings = system.parts.settings.model_copy(update={"api_port": port})
    with pytest.raises(AddressUnusable, match=rf"127\.0\.0\.1:{port}: the port is in use"):
        await RestServer(settings, create_app(system.parts)).on_start()
