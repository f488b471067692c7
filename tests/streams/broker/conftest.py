"""Brokers of a test's own, to be stopped, restarted and killed."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker.broker import EmbeddedBroker
from tests.streams.broker.processes import Embedded, running


@pytest.fixture
async def embedded() -> AsyncIterator[Embedded]:
    """Makes brokers on any free port; each is stopped at the end."""
    made: list[EmbeddedBroker] = []

    def make(data_dir: Path, **options: Any) -> EmbeddedBroker:
        made.append(EmbeddedBroker(data_dir, **({"port": 0} | options)))
        return made[-1]

    yield make
    for broker in made:
        await broker.stop()


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which runs a broker on ``tmp_path``; to be killed."""
    with running(tmp_path) as process:
        yield process


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A data directory, and the process that runs a broker on it; to be looked at only."""
    data_dir = tmp_path_factory.mktemp("broker") / "für: später, oder \\ nie"
    with running(data_dir) as process:
        yield data_dir, process.pid
