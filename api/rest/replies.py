"""Replies: answers of which everything is known, sent in one piece.

aiohttp's own response may still get cookies, be compressed, chunked or given a payload, and asks
about each of them at every answer: that takes longer than to write head and body.
"""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({204, 304})


class Reply:
    """A head and a body as they are: what aiohttp asks of a response, and nothing else.

    headers: of this reply alone, more may be added. body: none of a status that allows none.
    """

    __slots__ = ("_writer", "body", "headers", "keep_alive", "status")

    prepared = False

    def __init__(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.keep_alive = True

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write the head; it is held back until the body comes."""
        headers, version = self.headers, request.version
        if self.status not in _WITHOUT_BODY:
            headers["Content-Length"] = str(len(self.body))
        headers["Date"] = _date(int(time.time()))
        if not request.keep_alive:
            self.keep_alive = False
            headers["Connection"] = "close"
        elif version.minor == 0:
            headers["Connection"] = "keep-alive"
        if request.method == "HEAD":
            self.body = b""
        line = f"HTTP/{version.major}.{version.minor} {self.status} {_PHRASES[self.status]}"
        self._writer: AbstractStreamWriter = request.writer
        # It wants nothing but the names and values of them.
        await self._writer.write_headers(line, cast(CIMultiDict[str], headers))

    async def write_eof(self) -> None:
        """Send it."""
        await self._writer.write_eof(self.body)


@lru_cache(1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
