"""Applications of aiohttp that tests serve: other sides, over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def served(app: web.Application, *, shutdown_seconds: float = 0.1) -> AsyncIterator[str]:
    """Serve on a free port of the loopback interface; give the base URL.

    Who is killed is known to be gone by its connection: what handles its call is cancelled.
    shutdown_seconds: how long what is under way may take when it ends.
    """
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=shutdown_seconds, handler_cancellation=True
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
