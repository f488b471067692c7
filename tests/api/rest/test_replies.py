"""What stands around a body, for clients of every kind: heads, versions, connections."""

import asyncio

import pytest

from tests.api.rest.conftest import System

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: here\r\n"


class Talk:
    """What was read on a connection: heads with the status line under "", bodies."""

    def __init__(self, system: System) -> None:
        host, port = system.client.url.removeprefix("http://").split(":")
        self._opened = asyncio.open_connection(host, int(port))

    async def __aenter__(self) -> "Talk":
        self._reader, self._writer = await self._opened
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    def say(self, raw: bytes) -> None:
        self._writer.write(raw)

    async def head(self) -> dict[str, str]:
        line, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        return {"": line} | dict(each.lower().split(": ", 1) for each in lines if each)

    async def body(self, head: dict[str, str]) -> bytes:
        return await self._reader.readexactly(int(head["content-length"]))

    async def ended(self) -> bool:
        return await self._reader.read(1) == b""


async def test_a_head_is_that_of_the_answer_without_its_body(system: System) -> None:
    async with Talk(system) as talk:
        talk.say(b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"\r\nGET /healthz HTTP/1.1\r\n" + HOST)
        asked = await talk.head()
        talk.say(b"\r\n")
        answered = await talk.head()
        assert await talk.body(answered) == b'{"data":{"status":"live"}}'
    assert asked[""] == "HTTP/1.1 200 OK"
    assert list(asked) == list(answered)
    assert asked["content-length"] == answered["content-length"]


async def test_who_is_to_hang_up_is_told(system: System) -> None:
    async with Talk(system) as talk:
        talk.say(b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        head = await talk.head()
        await talk.body(head)
        assert head["connection"] == "close"
        assert await talk.ended()


async def test_an_old_client_is_answered_in_its_version(system: System) -> None:
    async with Talk(system) as talk:
        talk.say(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head = await talk.head()
        await talk.body(head)
        assert (head[""], head["connection"]) == ("HTTP/1.0 200 OK", "keep-alive")
        talk.say(b"GET /healthz HTTP/1.0\r\n\r\n")
        head = await talk.head()
        await talk.body(head)
        assert (head[""], head["connection"]) == ("HTTP/1.0 200 OK", "close")
        assert await talk.ended()


async def test_what_is_asked_at_once_is_answered_in_order(system: System) -> None:
    paths = (b"/healthz", b"/nothing", b"/healthz")
    async with Talk(system) as talk:
        talk.say(b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths))
        heads = []
        for _ in paths:
            heads.append(await talk.head())
            await talk.body(heads[-1])
    assert [head[""].split(" ")[1] for head in heads] == ["200", "401", "200"]


async def test_who_wants_another_protocol_is_answered_in_this_one(system: System) -> None:
    wish = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    async with Talk(system) as talk:
        for _ in range(2):
            talk.say(b"GET /healthz HTTP/1.1\r\n" + HOST + wish + b"\r\n")
            head = await talk.head()
            assert head[""] == "HTTP/1.1 200 OK"
            assert await talk.body(head) == b'{"data":{"status":"live"}}'
