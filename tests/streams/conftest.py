"""The table that the tests of ``verify`` look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.table.table import Table
from tests.streams.table.log import Place, table_in


@pytest.fixture(params=["sqlite", "postgresql"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    """The table of the deployment, in a file or in a database; nobody projects."""
    place: Place = tmp_path
    if request.param == "postgresql":
        place = request.getfixturevalue("database")
    table = table_in(place)
    yield table
    table.close()
