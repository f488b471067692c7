"""Any HTTP request: what is sent, what counts as success, and what an output may show."""

from typing import Any

import orjson
import pytest

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from engine.outputs import OUTPUT_BYTES
from streams import attempts
from streams.actions.actions import Actions
from streams.codecs import encode
from tests.streams.actions.attempts import KEY, attempt, failure
from tests.streams.actions.raw import answering, response


def hook(stand_in: StandIn, **says: Any) -> dict[str, Any]:
    return {"url": f"{stand_in.base_url}/hooks/here", "method": "POST"} | says


async def test_a_get_is_sent_unless_the_step_says_otherwise(
    actions: Actions, stand_in: StandIn
) -> None:
    url = f"{stand_in.base_url}/hooks/here"
    output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["status"] == 200
    assert output["body"] == {"accepted": "here"}
    assert output["headers"]["content-type"].startswith("application/json")
    assert output["truncated"] is False


async def test_every_request_carries_its_idempotency_key(
    actions: Actions, stand_in: StandIn
) -> None:
    await actions.run(attempt("act-http-request", hook(stand_in)))
    assert stand_in.received[0].headers["idempotency-key"] == KEY


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ({"ip": "192.0.2.7"}, "application/json; charset=utf-8"),
        ([], "application/json; charset=utf-8"),
        ("ü", "text/plain; charset=utf-8"),
    ],
)
async def test_an_object_is_sent_as_json_and_a_string_as_text(
    actions: Actions, stand_in: StandIn, body: Any, content_type: str
) -> None:
    await actions.run(attempt("act-http-request", hook(stand_in, body=body)))
    [received] = stand_in.received
    assert received.body == body
    assert received.headers["content-type"] == content_type


async def test_headers_of_the_step_win(actions: Actions, stand_in: StandIn) -> None:
    headers = {"content-type": "application/xml", "X-Number": 7}
    await actions.run(attempt("act-http-request", hook(stand_in, body="<a/>", headers=headers)))
    [received] = stand_in.received
    assert received.headers["content-type"] == "application/xml"
    assert received.headers["x-number"] == "7"


async def test_the_trace_goes_on(actions: Actions, stand_in: StandIn) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for traceparent in (trace, "00-x\r\nX-Injected: 1"):
        request = attempt("act-http-request", hook(stand_in), traceparent=traceparent)
        await actions.run(request)
    first, second = stand_in.received
    assert first.headers["traceparent"] == trace
    assert not {"traceparent", "x-injected"} & second.headers.keys()


@pytest.mark.parametrize("expected", [404, [200, 404]])
async def test_an_expected_status_is_success(
    actions: Actions, stand_in: StandIn, expected: Any
) -> None:
    stand_in.fail("hook", Failure("status", status=404))
    request = attempt("act-http-request", hook(stand_in, expected_status=expected))
    assert (await actions.run(request))["status"] == 404


async def test_an_unexpected_success_is_a_failure(actions: Actions, stand_in: StandIn) -> None:
    request = attempt("act-http-request", hook(stand_in, expected_status=201))
    error = await failure(actions, request)
    assert (error.code, error.retryable) == ("http_status", False)


async def test_a_redirect_is_not_followed(actions: Actions, stand_in: StandIn) -> None:
    location = f"Location: {stand_in.base_url}/hooks/elsewhere?token=x\r\n"
    answer = response(b"", status="302 Found", more=location)
    async with answering(answer) as url:
        headers = {"Authorization": "Bearer x"}
        request = attempt("act-http-request", {"url": url, "headers": headers})
        error = await failure(actions, request)
    assert error.code == "http_status"
    assert f"ask {stand_in.base_url}/hooks/elsewhere itself" in str(error)
    assert stand_in.received == []


async def test_cookies_and_challenges_are_not_shown(actions: Actions) -> None:
    more = "Set-Cookie: session=1\r\nWWW-Authenticate: Basic\r\nETag: W/1\r\n"
    async with answering(response(b"", more=more)) as url:
        output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["headers"].keys() == {"content-length", "content-type", "etag"}


@pytest.mark.parametrize(
    ("content_type", "content", "body"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("application/problem+json; charset=utf-8", b"[1]", [1]),
        ("application/json", b'{"a": ', '{"a": '),
        ("application/json", b"[" * 500 + b"]" * 500, "[" * 500 + "]" * 500),
        ("text/plain", b"123", "123"),
        ("text/plain; charset=iso-8859-1", b"\xfc", "ü"),
        ("text/plain; charset=rot13", b"\xc3\xbc", "ü"),
        ("application/octet-stream", b"\xff\x00", "\ufffd\x00"),
        ("application/json", b"", ""),
    ],
    ids=["json", "+json", "cut", "deep", "text", "latin", "charset", "binary", "empty"],
)
async def test_a_body_is_json_if_it_says_so_and_is_else_text(
    actions: Actions, content_type: str, content: bytes, body: Any
) -> None:
    async with answering(response(content, content_type=content_type)) as url:
        output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["body"] == body


@pytest.mark.parametrize(
    "content", [b"a" * 10_000_000, b"\x00" * 200_000, b'"' + b"a" * 90_000 + b'"']
)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
async def test_a_long_body_is_cut_so_that_the_output_stays_whole(
    actions: Actions, content: bytes, content_type: str
) -> None:
    async with answering(response(content, content_type=content_type)) as url:
        output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["truncated"] is True
    assert len(output["body"]) > 1_000
    assert len(orjson.dumps(output)) <= OUTPUT_BYTES


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "example.com",
        "http://",
        "http:///path",
        "http://user:word@example.com/",
        "http://example.com/\r\nX: y",
        " http://example.com/",
        "http://[::1",
        f"http://example.com/{'a' * 9_000}",
        "",
        7,
    ],
)
async def test_what_is_no_web_address_is_refused(actions: Actions, url: Any) -> None:
    error = await failure(actions, attempt("act-http-request", {"url": url}))
    assert error.code == "invalid_parameters"
    assert "url: " in str(error)
    assert "word" not in str(error)


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X Y": "a"},
        {"": "a"},
        {"Host": "evil"},
        {"content-length": "1"},
        {"X": None},
    ],
)
async def test_headers_that_could_bend_the_request_are_refused(
    actions: Actions, stand_in: StandIn, headers: dict[str, Any]
) -> None:
    error = await failure(actions, attempt("act-http-request", hook(stand_in, headers=headers)))
    assert error.code == "invalid_parameters"
    assert stand_in.received == []


async def test_every_wrong_parameter_is_named_at_once(actions: Actions, stand_in: StandIn) -> None:
    said = {"url": "x", "method": "BREW", "timeout_seconds": 0, "tiemout": 1, "expected_status": 7}
    error = await failure(actions, attempt("act-http-request", said))
    assert error.code == "invalid_parameters"
    for key in said:
        assert f"{key}" in str(error)


@pytest.mark.parametrize("body", [2**70, [{"n": -(2**64)}], "\ud800"])
async def test_what_json_cannot_hold_is_refused(
    actions: Actions, stand_in: StandIn, body: Any
) -> None:
    error = await failure(actions, attempt("act-http-request", hook(stand_in, body=body)))
    assert error.code == "invalid_parameters"


async def test_headers_in_another_charset_are_shown_as_far_as_they_can_be_read(
    actions: Actions,
) -> None:
    answer = response(b"", more="ETag: caf?\r\n").replace(b"?", b"\xe9")
    async with answering(answer) as url:
        output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["headers"]["etag"] == "caf\ufffd"


async def test_a_refusal_in_another_charset_is_reported(actions: Actions) -> None:
    answer = response(b"", status="302 Found", more="Location: /caf?\r\n").replace(b"?", b"\xe9")
    async with answering(answer) as url:
        result = await attempts.run(actions, attempt("act-http-request", {"url": url}))
    assert "/caf\ufffd".encode() in encode(result)
