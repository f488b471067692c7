"""Every route, asked wrongly in every way: the documented error, and nothing stored."""

from collections.abc import Callable
from typing import Any

import pytest

from api.keys.keys import SCOPES
from api.rest.bodies import Document
from api.rest.route import Route
from api.rest.routes import ROUTES
from streams import topics
from tests.api.rest.client import Client, Reply
from tests.api.rest.conftest import System
from tests.api.rest.refused import BODIES, RIGHT, named, path_of
from tests.e2e.log import values

pytestmark = pytest.mark.asyncio(loop_scope="module")


def those(condition: Callable[[Route], object]) -> list[Any]:
    """Return the routes that fulfil a condition, as parameters of a test."""
    return [pytest.param(route, id=named(route)) for route in ROUTES if condition(route)]


ALL = those(lambda route: True)
GUARDED = those(lambda route: route.scope)
WITH_BODY = those(lambda route: route.request)
NEEDING_BODY = those(lambda route: route.request and route.body_required)
WITH_DOCUMENT = those(lambda route: route.request and issubclass(route.request, Document))
WITH_VARIABLES = those(lambda route: "{" in route.path)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
PATHS = sorted({path_of(route) for route in ROUTES})


async def ask(client: Client, route: Route, body: Any = None, **options: Any) -> Reply:
    return await client.ask(route.method, path_of(route), body, **options)


@pytest.mark.parametrize("route", GUARDED)
async def test_without_a_key_there_is_no_answer(client: Client, route: Route) -> None:
    for key in (None, "nonsense", "pbk_000000000000_" + "x" * 43):
        assert (await ask(client.with_key(key), route)).refusal == (401, "unauthenticated")


@pytest.mark.parametrize("route", GUARDED)
async def test_a_key_without_the_scope_is_told_which_is_missing(
    system: System, client: Client, route: Route
) -> None:
    for scope in SCOPES:
        if scope not in ("admin", route.scope):
            reply = await ask(client.with_key(system.keys[scope]), route)
            assert reply.refusal == (403, "missing_scope")
            assert reply.error["scope"] == route.scope


async def test_no_route_is_left_out_below() -> None:
    assert set(BODIES) == {named(route) for route in ROUTES if route.request}
    assert [path for path in PATHS if "{" in path] == []


@pytest.mark.parametrize("route", WITH_VARIABLES)
async def test_an_unknown_id_is_not_found(client: Client, route: Route) -> None:
    reply = await ask(client, route, RIGHT.get(named(route)))
    assert reply.status == 404
    assert "nowhere" in reply.error["message"]


@pytest.mark.parametrize("route", WITH_BODY)
async def test_malformed_json_is_told_with_its_place(client: Client, route: Route) -> None:
    for body in (b'{"a": ', b"\xff\xfe", b"[" * 5_000, b"NaN", b'"\\ud800"'):
        reply = await ask(client, route, body)
        assert reply.refusal == (400, "malformed_json")
        assert "line 1 column" in reply.error["message"]


@pytest.mark.parametrize("route", WITH_BODY)
async def test_another_media_type_is_refused(client: Client, route: Route) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "json"):
        reply = await ask(client, route, b"{}", headers={"Content-Type": media_type})
        assert reply.refusal == (415, "unsupported_media_type")
        assert "application/json" in reply.error["message"]


@pytest.mark.parametrize("route", WITH_BODY)
async def test_a_body_over_its_limit_is_refused(client: Client, route: Route) -> None:
    body = b" " * (route.bytes_max + 1)
    for chunked in (None, True):
        reply = await ask(client, route, body, chunked=chunked)
        assert reply.refusal == (413, "body_too_large")
        assert reply.error["bytes_max"] == route.bytes_max


@pytest.mark.parametrize("route", NEEDING_BODY)
async def test_a_body_that_is_needed_cannot_be_absent(client: Client, route: Route) -> None:
    assert (await ask(client, route)).refusal == (400, "missing_body")


@pytest.mark.parametrize("route", WITH_BODY)
async def test_a_wrong_type_and_an_unknown_field_are_told_where_they_are(
    client: Client, route: Route
) -> None:
    playbook_id = await client.create()
    try:
        for body in (BODIES[named(route)].wrong_types, BODIES[named(route)].further):
            if body is not None:
                reply = await client.ask(route.method, path_of(route, playbook_id), body)
                # A verdict on a document is no refusal: what is wrong with it was the question.
                faults = reply.data if named(route).endswith("/validate") else reply.error
                assert reply.status in (200, 422)
                pointers = {fault["pointer"].split("/")[1] for fault in faults["errors"]}
                assert pointers
                assert pointers <= set(body)
    finally:
        await client.ask("DELETE", f"/api/playbooks/{playbook_id}")


@pytest.mark.parametrize("route", WITH_DOCUMENT)
async def test_a_document_nested_too_deep_is_refused(client: Client, route: Route) -> None:
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    assert (await ask(client, route, deep)).refusal == (422, "invalid_body")


@pytest.mark.parametrize("route", ALL)
async def test_an_unknown_query_parameter_is_refused(client: Client, route: Route) -> None:
    reply = await ask(client, route, nonsense="1")
    assert reply.refusal == (400, "invalid_parameter")
    assert reply.error["parameter"] == "nonsense"


@pytest.mark.parametrize("path", PATHS)
async def test_another_method_is_told_which_are_possible(client: Client, path: str) -> None:
    methods = {route.method for route in ROUTES if path_of(route) == path}
    for method in sorted(METHODS - methods):
        reply = await client.ask(method, path)
        assert reply.refusal == (405, "method_not_allowed")
        assert set(reply.headers["allow"].split(", ")) - {"HEAD"} == methods


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"per_page": "101"}, "per_page"),
        ({"per_page": "0"}, "per_page"),
        ({"page": "0"}, "page"),
        ({"page": "1.0"}, "page"),
        ({"page": " 1"}, "page"),
        ({"page": "9999999999"}, "page"),
        ({"status": "done"}, "status"),
        ({"dry_run": "1"}, "dry_run"),
        ({"since": "2026-03-01"}, "since"),
        ({"until": "1767225600"}, "until"),
        ({"since": "2026-03-01T12:00:00"}, "since"),
        ({"since": "2026-13-01T12:00:00Z"}, "since"),
    ],
    ids=str,
)
async def test_a_query_parameter_of_another_form_is_refused(
    client: Client, query: dict[str, str], parameter: str
) -> None:
    reply = await client.get("/api/playbooks/executions", **query)
    assert reply.refusal == (400, "invalid_parameter")
    assert reply.error["parameter"] == parameter


async def test_a_query_parameter_said_twice_is_refused(client: Client) -> None:
    reply = await client.get("/api/playbooks?page=1&page=2")
    assert reply.refusal == (400, "invalid_parameter")


async def test_an_unknown_path_is_not_found_and_tells_nobody_else(client: Client) -> None:
    assert (await client.get("/api/nothing")).refusal == (404, "not_found")
    assert (await client.with_key(None).get("/api/nothing")).status == 401


async def test_nothing_of_what_is_refused_is_stored(system: System, client: Client) -> None:
    # Given only keys, whatever of the above has been asked before.
    for route in ROUTES:
        if route.request is not None:
            refused = BODIES[named(route)]
            for body in (b"{", refused.wrong_types, refused.further or b"[]"):
                reply = await ask(client, route, body)
                assert reply.status >= 400 or not reply.data["valid"]
    settings = system.parts.settings
    assert system.parts.registry.currents() == []
    assert [key.name for key in system.parts.keys.list()] == list(SCOPES)
    assert await values(settings, topics.FINDINGS) == []
    assert await values(settings, topics.EXECUTION_COMMANDS) == []
