"""Tables in directories of the test, filled from records or from topics."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.streams.table.log import Folded


@pytest.fixture
def folded(tmp_path: Path) -> Iterator[Folded]:
    """An empty table and its folding."""
    folded = Folded(tmp_path)
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
        table = Table(settings.data_dir / FILE_NAME)
        made.append(Projecting(table, Projection(settings, table)))
        await made[-1].projection.start()
        return made[-1]

    yield start
    for one in made:
        await one.projection.stop()
        one.table.close()
