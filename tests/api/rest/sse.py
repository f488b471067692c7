"""A client of Server-Sent Events, as a browser is one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

import orjson
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from schemas.messages import JsonObject


class Sent(NamedTuple):
    """One event: its id, its type, its data."""

    id: str
    event: str
    data: JsonObject


class Subscriber:
    """A stream that is read event by event."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def next(self) -> Sent:
        """Return the next event."""
        fields: dict[str, str] = {}
        while True:
            line = (await self._response.content.readline()).decode().rstrip("\r\n")
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                return Sent(fields["id"], fields["event"], orjson.loads(fields["data"]))
            elif self._response.content.at_eof():
                raise EOFError

    async def take(self, count: int) -> list[Sent]:
        """Return so many events."""
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def subscribed(
    url: str, key: str, since: str | None = None, **query: str
) -> AsyncGenerator[Subscriber, None]:
    """Follow the events of an API. since: the id of the last one that came."""
    headers = {"Authorization": f"Bearer {key}"}
    if since is not None:
        headers["Last-Event-ID"] = since
    async with (
        ClientSession(timeout=ClientTimeout(sock_read=60), read_bufsize=1 << 14) as session,
        session.get(f"{url}/api/events/stream", headers=headers, params=query) as response,
    ):
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Subscriber(response)
