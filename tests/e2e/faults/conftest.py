"""Sizes, small ones in each run of the tests and larger ones by options."""

import pytest


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
def away_seconds(request: pytest.FixtureRequest) -> float:
    """How long the broker is away (``--away``)."""
    return float(request.config.getoption("--away"))


@pytest.fixture
def brokers(request: pytest.FixtureRequest) -> int:
    """How many brokers there may be (``--brokers``)."""
    return int(request.config.getoption("--brokers"))
