"""Keys over HTTP: made, used, revoked."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.api.rest.client import Client, fault_pointers
from tests.api.rest.conftest import System

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = "/api/keys"


async def test_a_new_key_is_told_once(client: Client) -> None:
    name = uuid4().hex
    reply = await client.post(KEYS, {"name": name, "scopes": ["read:playbooks"]})
    assert reply.status == 201
    assert list(reply.data) == ["id", "name", "key", "scopes", "created_at", "expires_at"]
    listed = await client.get(KEYS)
    [shown] = [key for key in listed.data if key["name"] == name]
    assert list(shown) == ["id", "name", "scopes", "created_at", "expires_at"]
    assert reply.data["key"].split("_")[2] not in str(listed.body)


async def test_a_key_may_what_its_scopes_say_until_it_is_revoked(client: Client) -> None:
    made = (await client.post(KEYS, {"name": uuid4().hex, "scopes": ["read:playbooks"]})).data
    other = client.with_key(made["key"])
    assert (await other.get("/api/playbooks")).status == 200
    refused = await other.post("/api/findings", {})
    assert refused.refusal == (403, "missing_scope")
    assert refused.error["scope"] == "write:findings"
    assert (await client.ask("DELETE", f"{KEYS}/{made['id']}")).status == 204
    assert (await other.get("/api/playbooks")).refusal == (401, "unauthenticated")
    assert (await client.ask("DELETE", f"{KEYS}/{made['id']}")).refusal == (404, "key_not_found")


async def test_either_header_carries_a_key(system: System, client: Client) -> None:
    nobody, key = client.with_key(None), system.keys["read:playbooks"]
    for headers in ({"X-API-Key": key}, {"Authorization": f"bearer {key}"}):
        assert (await nobody.ask("GET", "/api/playbooks", headers=headers)).status == 200
    for headers in ({}, {"Authorization": f"Basic {key}"}, {"X-API-Key": key[:-1]}):
        reply = await nobody.ask("GET", "/api/playbooks", headers=headers)
        assert reply.refusal == (401, "unauthenticated")
        assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_an_expired_key_is_refused(system: System, client: Client) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    _, text = system.parts.keys.create(
        uuid4().hex, ["admin"], at=past - timedelta(days=1), expires_at=past
    )
    assert (await client.with_key(text).get(KEYS)).refusal == (401, "unauthenticated")


async def test_a_name_is_given_once(client: Client) -> None:
    body = {"name": uuid4().hex, "scopes": ["admin"]}
    assert (await client.post(KEYS, body)).status == 201
    assert (await client.post(KEYS, body)).refusal == (409, "name_taken")


@pytest.mark.parametrize(
    ("changed", "pointers"),
    [
        ({"scopes": ["read:everything"]}, ["/scopes/0"]),
        ({"scopes": []}, ["/scopes"]),
        ({"name": ""}, ["/name"]),
        ({"name": "line\nbreak"}, ["/name"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"expires_at": 1_900_000_000}, ["/expires_at"]),
        ({"expires_at": "2030-01-01T00:00:00"}, ["/expires_at"]),
        ({"expiry": None}, ["/expiry"]),
    ],
)
async def test_what_is_no_key_is_refused(
    client: Client, changed: dict[str, object], pointers: list[str]
) -> None:
    body = {"name": uuid4().hex, "scopes": ["admin"]} | changed
    assert fault_pointers(await client.post(KEYS, body)) == pointers
