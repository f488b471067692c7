"""Failures on request: how the stand-in answers when it is told to misbehave."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Failure:
    """One bad answer.

    kind: ``status``: answers ``status``, with ``retry_after`` as ``Retry-After``; ``malformed``:
    200, and JSON that ends in the middle; ``drop``: closes the connection when the request has
    been read; ``hang``: never answers.
    carried_out: the request takes effect before; else it has none.
    """

    kind: Literal["status", "malformed", "drop", "hang"]
    status: int = 500
    retry_after: str | None = None
    carried_out: bool = False

    async def answer(
        self, request: web.Request, handler: Handler, stopping: asyncio.Event
    ) -> web.StreamResponse:
        """Answer ``request`` badly."""
        if self.carried_out:
            await handler(request)
        match self.kind:
            case "status":
                headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
                return web.Response(status=self.status, headers=headers, text="out of order")
            case "malformed":
                return web.Response(body=b'{"ok": tr', content_type="application/json")
            case "hang":
                await stopping.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
