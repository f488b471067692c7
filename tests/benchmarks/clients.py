"""Clients that ask over HTTP, as simple as can be: what is measured is the server."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

Asked = Callable[[random.Random], str]
"""Makes the path of the next request."""


class Connection(asyncio.Protocol):
    """A connection that is kept, on which one request follows the other."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._answer = asyncio.get_running_loop().create_future()
        self._received = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where to write."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits."""
        if not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server has hung up"))

    def close(self) -> None:
        """Disconnect."""
        self._answer.cancel()
        self._transport.close()

    def ask(self, path: str) -> "asyncio.Future[bytes]":
        """Ask; what is returned becomes the answer, head and body."""
        self._answer = asyncio.get_running_loop().create_future()
        said = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self._key}\r\n\r\n"
        self._transport.write(said.encode())
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, which must be one of success."""
        self._received += data
        if not self._missing:
            head, found, _ = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                self._answer.set_exception(RuntimeError(self._received.decode()))
                return
            _, _, length = head.lower().partition(b"content-length: ")
            self._missing = len(head) + 4 + int(length.partition(b"\r\n")[0])
        if len(self._received) >= self._missing:
            received, self._received, self._missing = self._received, b"", 0
            self._answer.set_result(received)


async def connected(url: str, key: str) -> Connection:
    """Return a connection to a server."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    made = await loop.create_connection(lambda: Connection(key), address.hostname, address.port)
    return made[1]


async def latencies(url: str, key: str, asked: Asked, clients: int, seconds: float) -> list[float]:
    """Let so many clients ask for so long, each as soon as it has its answer; return what
    each request took, in seconds."""
    found: list[float] = []
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        chance = random.Random(time.time_ns() + number)
        connection = await connected(url, key)
        while (began := time.perf_counter()) < until:
            await connection.ask(asked(chance))
            found.append(time.perf_counter() - began)
        connection.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return found
