"""Sizes: small ones in each run of the tests, larger ones by options."""

import pytest


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a process is killed (``--kills``)."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def executions(request: pytest.FixtureRequest) -> int:
    """How many executions run meanwhile (``--executions``)."""
    return int(request.config.getoption("--executions"))
