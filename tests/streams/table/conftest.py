"""A table in a directory of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.streams.table.log import Folded


@pytest.fixture
def folded(tmp_path: Path) -> Iterator[Folded]:
    """An empty table and its folding."""
    folded = Folded(tmp_path)
    yield folded
    folded.close()
