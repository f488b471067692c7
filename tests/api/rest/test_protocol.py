"""What comes in and is no request: an answer in the product's shape, and no noise in the log."""

import asyncio
import logging
from collections.abc import Iterator

import orjson
import pytest

from tests.api.rest.client import Client, Reply
from tests.api.rest.conftest import System

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: here\r\n"
BODY = b"POST /api/findings HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"

NO_REQUEST = {
    "a header with NUL": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: \x00\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "no method": b"hello\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "no URL": b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "two lengths": BODY + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": BODY + b"Content-Length: -3\r\n\r\n",
    "no chunk": BODY + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
}
NO_BODY = {
    "no gzip": b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "no deflate": b"Content-Encoding: deflate\r\nContent-Length: 3\r\n\r\nabc",
}


async def sent(system: System, raw: bytes) -> Reply:
    """Send bytes as they are; return the answer, after which the connection is closed."""
    host, port = system.client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()
        await writer.wait_closed()
    return Reply(int(head[0].split(" ")[1]), headers, orjson.loads(body))


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fail afterwards when something was logged that somebody would have to look at."""
    yield
    # Of the rest of the system something may be logged meanwhile.
    servers = [
        record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio"))
    ]
    assert [record.getMessage() for record in servers if record.levelno > logging.INFO] == []
    assert "request failed" not in capsys.readouterr().out


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("raw", NO_REQUEST.values(), ids=NO_REQUEST)
async def test_what_is_no_request_is_refused_in_the_shape_of_errors(
    system: System, raw: bytes
) -> None:
    reply = await sent(system, raw)
    assert reply.refusal == (400, "malformed_request")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert "x-request-id" in reply.headers
    assert "server" not in reply.headers or reply.headers["server"] == "playbooks"


async def test_a_malformed_header_is_not_told_back(system: System) -> None:
    raw = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Authorization: Bearer secret\x00\r\n\r\n"
    assert "secret" not in str((await sent(system, raw)).body)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("raw", NO_BODY.values(), ids=NO_BODY)
async def test_a_body_that_is_not_encoded_as_it_says_is_refused(system: System, raw: bytes) -> None:
    key = f"Authorization: Bearer {system.keys['admin']}\r\n".encode()
    status, code = (await sent(system, BODY + key + raw)).refusal
    # Which of them depends on how much of it had come when the first of it was read.
    assert (status, code) in ((400, "malformed_body"), (400, "malformed_request"))


@pytest.mark.usefixtures("quiet")
async def test_an_expectation_that_nobody_knows_is_refused(system: System) -> None:
    raw = BODY + b"Expect: 200-maybe\r\nContent-Length: 3\r\n\r\nabc"
    assert (await sent(system, raw)).refusal == (417, "expectation_failed")


@pytest.mark.usefixtures("quiet")
async def test_bytes_that_are_no_text_are_refused_wherever_they_stand(system: System) -> None:
    key = f"Authorization: Bearer {system.keys['admin']}\r\n".encode()
    wrong_type = b"POST /api/findings HTTP/1.1\r\n" + HOST + key + b"Content-Type: \xff\r\n"
    reply = await sent(system, wrong_type + b"Content-Length: 3\r\n\r\nabc")
    assert reply.refusal == (415, "unsupported_media_type")
    for target in (b"/\xff", b"/api/playbooks?\xff=1", b"/api/playbooks/%ff"):
        reply = await sent(system, b"GET " + target + b" HTTP/1.1\r\n" + HOST + key + b"\r\n")
        assert reply.status in (400, 404)
        assert reply.error["message"]


@pytest.mark.usefixtures("quiet")
async def test_a_form_that_cannot_be_read_is_refused(system: System) -> None:
    for media_type in (b"multipart/form-data", b"application/x-www-form-urlencoded; charset=no"):
        head = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Type: " + media_type + b"\r\n"
        reply = await sent(system, head + b"Content-Length: 3\r\n\r\nabc")
        assert reply.refusal == (400, "malformed_form")


@pytest.mark.usefixtures("quiet")
async def test_a_header_that_is_no_utf8_is_refused(system: System) -> None:
    key = f"Authorization: Bearer {system.keys['admin']}\r\n".encode()
    head = b"POST /api/findings HTTP/1.1\r\n" + HOST + key + b"ce-specversion: 1.0\r\n"
    raw = head + b"ce-type: finding.new\r\nce-id: caf\xe9\r\nContent-Length: 2\r\n\r\n{}"
    assert (await sent(system, raw)).refusal == (422, "invalid_findings")


@pytest.mark.usefixtures("quiet")
async def test_who_hangs_up_in_the_middle_is_no_failure(system: System, client: Client) -> None:
    host, port = system.client.url.removeprefix("http://").split(":")
    key = f"Authorization: Bearer {system.keys['admin']}\r\n".encode()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(BODY + key + b"Content-Length: 30\r\n\r\nabc")
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert (await client.get("/healthz")).status == 200
