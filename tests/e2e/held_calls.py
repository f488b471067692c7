"""A server that takes calls and holds their answers until it is told to give them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.serving import served

PATIENCE_SECONDS = 60.0


class HeldCalls:
    """Calls by their idempotency key; a call that was taken has had its effect."""

    def __init__(self, one_of: int) -> None:
        self.base_url = ""
        self._one_of = one_of
        self.taken: Counter[str] = Counter()
        self.held = 0
        self._released = asyncio.Event()
        self._changed = asyncio.Condition()

    async def until_held(self, count: int) -> None:
        """Wait until so many calls wait for their answer at once."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: self.held >= count)

    def release(self) -> None:
        """Answer all that are held, and all that come."""
        self._released.set()

    async def take(self, request: web.Request) -> web.Response:
        """Take a call; it has its effect at once."""
        self.taken[request.headers["Idempotency-Key"]] += 1
        if self.taken.total() % self._one_of == 0:
            try:
                await self._hold(1)
                await self._released.wait()
            finally:
                await self._hold(-1)
        return web.json_response({"ok": True, "ts": "1767225600.000001", "channel": "C1"})

    async def _hold(self, change: int) -> None:
        async with self._changed:
            self.held += change
            self._changed.notify_all()


@asynccontextmanager
async def held_calls(one_of: int = 1) -> AsyncIterator[HeldCalls]:
    """Serve on a free port of the loopback interface; of so many calls one is held."""
    calls = HeldCalls(one_of)
    app = web.Application()
    app.router.add_post("/{path:.*}", calls.take)
    async with served(app, shutdown_seconds=1) as calls.base_url:
        try:
            yield calls
        finally:
            calls.release()
