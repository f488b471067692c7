"""A program of somebody's that runs commands of imported playbooks, over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


class Runner:
    """Adds, and remembers what it was asked. base_url: where it listens."""

    def __init__(self, server: TestServer) -> None:
        self.asked: list[Any] = []
        self._server = server

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return str(self._server.make_url("")).rstrip("/")

    async def run(self, request: web.Request) -> web.Response:
        """Carry out ``add A B``; echo anything else."""
        said = await request.json()
        self.asked.append(said)
        words = str(said.get("command", {}).get("command", "")).split()
        if words[:1] == ["add"]:
            total = int(words[1]) + int(words[2])
            return web.json_response({"sum": total, "stdout": str(total)})
        return web.json_response({"said": said})


@asynccontextmanager
async def runner() -> AsyncIterator[Runner]:
    """Run it as long as the block lasts."""
    app = web.Application()
    server = TestServer(app)
    found = Runner(server)
    app.router.add_post("/{path:.*}", found.run)
    await server.start_server()
    try:
        yield found
    finally:
        await server.close()
