"""A remote side that can be late, or busy, as its path says; it keeps who has called it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.serving import served

PATIENCE_SECONDS = 60.0


class Remote:
    """Calls: the idempotency keys by path, in order. ``/busy`` refuses its first call.

    What is called ``/held-…`` is not answered before it is let go.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.calls: defaultdict[str, list[str]] = defaultdict(list)
        self._let_go: set[str] = set()
        self._changed = asyncio.Condition()

    async def until_called(self, paths: Iterable[str], times: int) -> None:
        """Wait until each of these paths has been called so many times."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(
                lambda: all(len(self.calls[path]) >= times for path in paths)
            )

    async def let_go(self, paths: Iterable[str]) -> None:
        """Answer whoever calls, or has called, these paths."""
        async with self._changed:
            self._let_go.update(paths)
            self._changed.notify_all()

    async def take(self, request: web.Request) -> web.Response:
        """Take a call."""
        path = request.path
        async with self._changed:
            self.calls[path].append(request.headers["Idempotency-Key"])
            self._changed.notify_all()
            if path.startswith("/held"):
                await self._changed.wait_for(lambda: path in self._let_go)
        refused = path == "/busy" and len(self.calls[path]) == 1
        return web.json_response({"path": path}, status=503 if refused else 200)


@asynccontextmanager
async def remote() -> AsyncIterator[Remote]:
    """Serve on a free port of the loopback interface."""
    side = Remote()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", side.take)
    async with served(app) as side.base_url:
        yield side
