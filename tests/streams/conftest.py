"""The table that the tests of ``verify`` look at."""

from collections.abc import AsyncIterator

import pytest

from streams.settings import Settings
from streams.table.store import FILE_NAME
from streams.table.table import Table


@pytest.fixture
async def table(settings: Settings) -> AsyncIterator[Table]:
    """The table of the deployment; nobody projects."""
    table = Table(settings.data_dir / FILE_NAME)
    yield table
    table.close()
