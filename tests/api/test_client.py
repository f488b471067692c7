"""The client of the REST API, against servers that answer well and badly."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from api.client import ApiAway, ApiRefused, Client


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server with an answer of each kind."""

    async def echo(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        data = {
            "path": request.raw_path,
            "query": dict(request.query),
            "key": request.headers.get("Authorization"),
            "body": body,
        }
        return web.json_response({"data": data, "meta": {"total": 1}}, headers={"ETag": '"x"'})

    async def refuse(_: web.Request) -> web.Response:
        error = {
            "code": "invalid_playbook",
            "message": "the playbook has 1 problem: see errors",
            "errors": [{"pointer": "/name", "message": "is required"}],
        }
        return web.json_response({"status": "error", "error": error}, status=422)

    async def answer(request: web.Request) -> web.Response:
        return {
            "empty": web.Response(status=204),
            "page": web.Response(text="<html>", content_type="text/html"),
            "list": web.json_response([]),
            "bare": web.json_response("busy", status=503),
        }[request.match_info["kind"]]

    async def stream(request: web.Request) -> web.StreamResponse:
        if "refused" in request.query:
            return await refuse(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in (1, 2):
            said = b'{"sequence": %d, "title": "%s"}' % (number, b"x" * 500_000)
            await response.write(b": ping\n\nid: 0-1\nevent: StepStarted\ndata: " + said + b"\n\n")
        return response

    app = web.Application()
    app.router.add_get("/api/events/stream", stream)
    app.router.add_route("*", "/api/echo/{rest:.*}", echo)
    app.router.add_get("/api/refused", refuse)
    app.router.add_get("/api/{kind:empty|page|list|bare}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    """A client of it."""
    async with Client(f"{url}/", "a-key") as client:
        yield client


async def test_a_request_says_what_it_was_told(client: Client) -> None:
    answer = await client.ask(
        "POST", "echo", "a/b c?", query={"page": 2, "dry": True, "tag": None}, body={"n": 1}
    )
    assert answer.data == {
        "path": "/api/echo/a%2Fb%20c%3F?page=2&dry=true",
        "query": {"page": "2", "dry": "true"},
        "key": "Bearer a-key",
        "body": {"n": 1},
    }
    assert (answer.status, answer.meta, answer.headers["ETag"]) == (200, {"total": 1}, '"x"')


async def test_an_answer_without_a_body_has_no_data(client: Client) -> None:
    assert (await client.get("empty")).data is None


async def test_a_refusal_is_told_with_every_problem(client: Client) -> None:
    with pytest.raises(ApiRefused) as refused:
        await client.get("refused")
    assert (refused.value.status, refused.value.code) == (422, "invalid_playbook")
    assert str(refused.value) == "the playbook has 1 problem\n  /name: is required"


@pytest.mark.parametrize(
    ("path", "says"),
    [("page", "status 200, but no JSON"), ("list", "an answer without data"), ("none", "404")],
)
async def test_another_program_is_not_taken_for_the_api(
    client: Client, path: str, says: str
) -> None:
    with pytest.raises(ApiAway, match=says):
        await client.get(path)


async def test_an_error_of_a_proxy_is_told_by_its_status(client: Client) -> None:
    with pytest.raises(ApiRefused, match="503 Service Unavailable"):
        await client.get("bare")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://"])
async def test_where_nobody_answers_is_told(url: str) -> None:
    async with Client(url, None) as client:
        with pytest.raises(ApiAway, match="PLAYBOOKS_URL"):
            await client.get("playbooks")


async def test_the_events_of_a_stream_come_one_by_one_until_it_ends(url: str) -> None:
    async with Client(url, "k") as client:
        came = [event async for event in client.follow()]
    assert came[0] is None
    assert [event["sequence"] for event in came[1:] if event] == [1, 2]


async def test_a_stream_that_is_refused_says_why(url: str) -> None:
    async with Client(url, "k") as client:
        with pytest.raises(ApiRefused, match="is required"):
            await anext(client.follow(refused=1))


async def test_a_stream_of_nobody_says_that_nobody_answers() -> None:
    async with Client("http://127.0.0.1:9", "k") as client:
        with pytest.raises(ApiAway):
            await anext(client.follow())
