"""SIGTERM of ``api``: requests under way are answered, streams end, nobody else is let in."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from api.client import Client
from api.rest.server import RestServer
from streams.settings import Settings, load
from tests.api.cli.shell import STOP_SECONDS, Shell, running
from tests.api.rest.sse import subscribed


@pytest.fixture
def shell(settings: Settings) -> Shell:
    """A shell whose commands use the topics of this test."""
    return Shell(
        {
            "PLAYBOOKS_BROKER": settings.broker or "",
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_PARTITIONS": str(settings.partitions),
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
        }
    )


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, which the other side may have done before."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def until_refused(url: str) -> None:
    """Wait until no connection is taken any more."""
    host, _, port = url.removeprefix("http://").partition(":")
    while True:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue
        await closed(writer)


async def test_on_sigterm_streams_end_and_no_connection_is_taken(
    settings: Settings, shell: Shell, tmp_path: Path
) -> None:
    with running(shell, "api", log=tmp_path / "api.log") as api:
        url = api.ready()
        key = (settings.data_dir / "admin.key").read_text().strip()
        async with subscribed(url, key) as stream:
            api.process.send_signal(signal.SIGTERM)
            with pytest.raises(EOFError):
                await stream.next()
        await until_refused(url)
        assert await asyncio.to_thread(api.process.wait, STOP_SECONDS) == 0


async def test_a_request_under_way_is_answered_though_the_server_stops(tmp_path: Path) -> None:
    begun, released = asyncio.Event(), asyncio.Event()

    async def held(_: web.Request) -> web.Response:
        begun.set()
        await released.wait()
        return web.json_response({"data": "done"})

    app = web.Application()
    app.router.add_get("/api/held", held)
    server = RestServer(load(data_dir=tmp_path, api_port=0), app)
    await server.start()
    async with Client(server.url, None) as client:
        asking = asyncio.create_task(client.get("held"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        await until_refused(server.url)
        released.set()
        assert (await asking).data == "done"
        await stopping
