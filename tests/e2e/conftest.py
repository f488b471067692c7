"""A worker in this process, on a broker that runs."""

from collections.abc import AsyncIterator

import pytest

from streams.actions.actions import Actions
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.worker import Worker


@pytest.fixture
async def registry(settings: Settings) -> AsyncIterator[PlaybookRegistry]:
    """The playbooks of this test's topics."""
    registry = PlaybookRegistry(settings)
    await registry.start()
    yield registry
    await registry.stop()


@pytest.fixture
async def actions(settings: Settings) -> AsyncIterator[Actions]:
    """The built-in actions; of the networks that are not public they may reach the test one."""
    actions = Actions(settings.actions_file, settings.secrets_dir, egress_allow=["192.0.2.0/24"])
    await actions.start()
    yield actions
    await actions.stop()


@pytest.fixture
async def worker(
    settings: Settings, registry: PlaybookRegistry, actions: Actions
) -> AsyncIterator[Worker]:
    """All agents."""
    worker = Worker(settings, registry, actions)
    await worker.start()
    yield worker
    await worker.stop()


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a worker is killed (``--kills``)."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def executions(request: pytest.FixtureRequest) -> int:
    """How many executions run meanwhile (``--executions``)."""
    return int(request.config.getoption("--executions"))


@pytest.fixture
def calls(request: pytest.FixtureRequest) -> int:
    """How many calls are made that must not be made twice (``--calls``)."""
    return int(request.config.getoption("--calls"))
