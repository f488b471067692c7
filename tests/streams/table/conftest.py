"""Tables of the test, in a file and in a database, filled from records or from topics."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.settings import Settings
from streams.table.opening import opened
from streams.table.projection import Projection
from streams.table.table import Table
from tests.postgresql import schema
from tests.streams.table.log import Folded, Place

STORES = ("sqlite", "postgresql")
"""What may hold a table; tests run with each, but for those that are about one of them."""

IN_A_FILE = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
IN_A_DATABASE = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where the table of the test is."""
    if request.param == "sqlite":
        return tmp_path
    address: str = request.getfixturevalue("database")
    return address


@pytest.fixture(scope="module", params=STORES)
def lasting_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Where a table is that the tests of a module only read."""
    if request.param == "sqlite":
        yield tmp_path_factory.mktemp("table")
    else:
        with schema(request.getfixturevalue("postgresql")) as address:
            yield address


@pytest.fixture
def settings(settings: Settings, place: Place) -> Settings:
    """Settings of a deployment whose table is in that place."""
    table = None if isinstance(place, Path) else SecretStr(place)
    return settings.model_copy(update={"table": table})


@pytest.fixture
def folded(place: Place) -> Iterator[Folded]:
    """An empty table and its folding."""
    folded = Folded(place)
    yield folded
    folded.close()


@dataclass
class Projecting:
    """A projection, and the table that it keeps."""

    table: Table
    projection: Projection


Project = Callable[[Settings], Awaitable[Projecting]]


@pytest.fixture
async def project() -> AsyncIterator[Project]:
    """Projects a deployment from this process until the test is over."""
    made: list[Projecting] = []

    async def start(settings: Settings) -> Projecting:
        table = opened(settings)
        made.append(Projecting(table, Projection(settings, table)))
        await made[-1].projection.start()
        return made[-1]

    yield start
    for one in made:
        await one.projection.stop()
        one.table.close()
