"""Sizes, small ones in each run of the tests and larger ones by options; and playbooks."""

from collections.abc import AsyncIterator

import pytest

from streams.playbooks import PlaybookRegistry
from streams.settings import Settings


@pytest.fixture
async def registry(settings: Settings) -> AsyncIterator[PlaybookRegistry]:
    """The playbooks of this test's topics."""
    registry = PlaybookRegistry(settings)
    await registry.start()
    yield registry
    await registry.stop()


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a process is killed (``--kills``)."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def executions(request: pytest.FixtureRequest) -> int:
    """How many executions run meanwhile (``--executions``)."""
    return int(request.config.getoption("--executions"))


@pytest.fixture
def poison_records(request: pytest.FixtureRequest) -> int:
    """How many poisonous records stand on each partition (``--poison``)."""
    return int(request.config.getoption("--poison"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of everything that is drawn (``--seed``)."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def rebalances(request: pytest.FixtureRequest) -> int:
    """How often a worker comes and another one goes (``--rebalances``)."""
    return int(request.config.getoption("--rebalances"))


@pytest.fixture
def brokers(request: pytest.FixtureRequest) -> int:
    """How many brokers there may be (``--brokers``)."""
    return int(request.config.getoption("--brokers"))
