"""A whole system in this process, asked over HTTP: broker, worker, table, API.

One for all tests of a module; they keep out of each other's way by the names that they give.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import mode
import pytest
import pytest_asyncio
from aiohttp import ClientSession

from api.keys.keys import SCOPES, Scope
from api.keys.store import KeyStore
from api.rest.app import create_app
from api.rest.parts import Parts
from api.rest.server import RestServer
from streams import topics
from streams.actions.actions import Actions
from streams.commands import CommandPublisher
from streams.events import EventFeed
from streams.playbooks import PlaybookRegistry
from streams.settings import load
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.worker import Worker
from tests.api.rest.client import Client
from tests.streams.table.kafka import until


@dataclass
class System:
    """What runs. keys: the text of a key for each scope."""

    parts: Parts
    client: Client
    keys: dict[Scope, str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def system(broker: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The system of a module, on the broker of all tests."""
    async with running(broker, tmp_path_factory.mktemp("rest")) as system:
        yield system


@asynccontextmanager
async def running(broker: str, data_dir: Path) -> AsyncIterator[System]:
    """Run a system, with a worker; its ``client`` has the key of an admin."""
    settings = load(
        broker=broker,
        topic_prefix=f"t{uuid4().hex[:12]}.",
        data_dir=data_dir,
        partitions=2,
        api_host="127.0.0.1",
        api_port=0,
        retention="0",
        rate_limit="0",
        secrets_dir=None,
        actions_file=None,
    )
    await topics.create(settings)
    async with AsyncExitStack() as stack:

        async def started(service: mode.Service) -> None:
            await service.start()
            stack.push_async_callback(service.stop)

        await started(registry := PlaybookRegistry(settings))
        actions = Actions()
        await actions.start()
        stack.push_async_callback(actions.stop)
        await started(Worker(settings, registry, actions))
        table = Table(settings.data_dir / FILE_NAME)
        stack.callback(table.close)
        await started(projection := Projection(settings, table))
        await started(commands := CommandPublisher(settings))
        keys = KeyStore(settings.data_dir)
        at = datetime.now(UTC)
        texts = {scope: keys.create(scope, [scope], at=at)[1] for scope in SCOPES}
        await started(feed := EventFeed(settings))
        parts = Parts(settings, registry, table, projection, commands, keys, actions, feed)
        await started(server := RestServer(settings, create_app(parts)))
        # Ready, as `/readyz` has it: until then answers do not tell how old the table is.
        await until(table, lambda: projection.caught_up)
        session = await stack.enter_async_context(ClientSession())
        yield System(parts, Client(session, server.url, texts["admin"]), texts)


@pytest.fixture
def client(system: System) -> Client:
    """Who asks: an admin."""
    return system.client
