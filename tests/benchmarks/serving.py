"""Servers to measure, each a process of its own: the REST API on a table, and a bare handler.

``python -m tests.benchmarks.serving api DIRECTORY`` or ``… bare FILE``, which answers with what
stands in the file. Each prints a line with its URL.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from api.keys.admin import ensure_admin_key
from api.keys.store import KeyStore
from api.processes import loops
from api.rest.app import create_app
from api.rest.parts import Parts
from api.rest.server import RestServer
from streams.actions.actions import Actions
from streams.commands import CommandPublisher
from streams.events import EventFeed
from streams.playbooks import PlaybookRegistry
from streams.settings import load
from streams.table.store import FILE_NAME
from streams.table.table import Table

_RATE_LIMIT = "999999999/999999999"
"""It is counted for every request, and never reached."""


async def serve_api(directory: Path) -> None:
    """Answer from the table of a directory; what needs a broker is there, but not started."""
    settings = load(data_dir=directory, api_port=0, rate_limit=_RATE_LIMIT, broker="127.0.0.1:9")
    keys = KeyStore(directory)
    ensure_admin_key(keys, datetime.now(UTC))
    parts = Parts(
        settings=settings,
        registry=PlaybookRegistry(settings),
        table=Table(directory / FILE_NAME),
        projection=None,
        commands=CommandPublisher(settings),
        keys=keys,
        actions=Actions(),
        feed=EventFeed(settings),
    )
    await _serve(create_app(parts))


async def serve_bare(file: Path) -> None:
    """Answer everything with the same bytes, as aiohttp alone does."""
    content = await asyncio.to_thread(file.read_bytes)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=content, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    # Not by our own server: it does more for each request.
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.Event().wait()


async def _serve(app: web.Application) -> None:
    async with RestServer(load(api_port=0), app) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    serve = {"api": serve_api, "bare": serve_bare}[sys.argv[1]]
    loops.run(serve(Path(sys.argv[2])))
