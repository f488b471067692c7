"""The page of a whole system, visited as a browser would: cookies, forms, redirects."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar

from tests.api.page.visitor import Visitor
from tests.api.rest.client import Client
from tests.api.rest.conftest import System, running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def system(broker: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The system of a module, on the broker of all tests."""
    async with running(broker, tmp_path_factory.mktemp("page")) as system:
        yield system


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(system: System) -> AsyncIterator[Visitor]:
    """Somebody who has logged in with the key of an admin."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        visitor = Visitor(session, system.client.url)
        await visitor.log_in(system.keys["admin"])
        yield visitor


@pytest.fixture
def client(system: System) -> Client:
    """Who asks over REST, to set the scene: an admin."""
    return system.client
