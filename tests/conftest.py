"""What every test may ask for: a real Kafka, and settings for a deployment of its own on it.

``broker`` is one embedded Kafka per session, started when the first test asks for it, so tests
that do not ask start nothing. It dies with the session, however that ends.
``PLAYBOOKS_TEST_BROKER=host:port`` names one to be used instead.

Tests are coroutines on a loop of their own each (pytest-asyncio, function scope). The broker
needs none while it runs: its loop runs for the start and the stop only, in the main thread, to
whose life Kafka is bound. It is not restarted when a test kills it; such tests have their own.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import pytest

if TYPE_CHECKING:
    from streams.settings import Settings

PARTITIONS = 2

# The same examples each time: a change is to be judged by what it changes. Further ones, and
# far more of them, are tried with --hypothesis-profile thorough.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=3_000)
hypothesis.settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the size of the tests that kill workers, simulate them and check models be chosen."""
    parser.addoption("--containers", action="store_true", help="start the compose file, too")
    parser.addoption("--kills", type=int, default=3, help="how often a worker is killed")
    parser.addoption("--calls", type=int, default=60, help="how many calls a killed worker makes")
    parser.addoption("--simulations", type=int, default=40, help="how many worlds are simulated")
    parser.addoption("--reports", type=int, default=500, help="how many spoilt reports are read")
    parser.addoption("--mutations", type=int, default=300, help="how many documents go wrong")
    parser.addoption("--poison", type=int, default=40, help="poisonous records per partition")
    parser.addoption("--rebalances", type=int, default=2, help="how often a worker comes and goes")
    parser.addoption("--away", type=float, default=15.0, help="seconds a broker is away")
    parser.addoption("--brokers", type=int, default=1, help="3: also try a cluster of so many")
    parser.addoption("--drops", type=int, default=20, help="how often a stream is dropped")
    parser.addoption("--schemathesis-cases", type=int, default=100, help="so many at least")
    parser.addoption("--seed", type=int, default=0, help="the seed of the first of them")
    parser.addoption("--models", type=int, default=200, help="every how manyth model is checked")
    parser.addoption("--executions", type=int, default=200, help="how many run meanwhile")


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PLAYBOOKS_") and not name.startswith("PLAYBOOKS_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Kafka."""
    given = os.environ.get("PLAYBOOKS_TEST_BROKER")
    if given:
        yield given
        return
    # Not above: the tests of the engine need none of it.
    from streams.broker.broker import EmbeddedBroker

    directory = tmp_path_factory.mktemp("broker")

    async def started() -> EmbeddedBroker:
        embedded = EmbeddedBroker(directory, port=0)
        await embedded.start()
        return embedded

    # With a factory the runner leaves alone the loop that pytest-asyncio has set.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        embedded = runner.run(started())
        try:
            yield embedded.address
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL; without one the test is skipped."""
    from tests import postgresql

    given, there = os.environ.get(postgresql.SERVER), postgresql.programs()
    if given:
        yield given
    elif there is None:
        pytest.skip(postgresql.ABSENT)
    else:
        with postgresql.running(there) as address:
            yield address


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The address of an empty schema of the test's own, which is gone after it."""
    from tests.postgresql import schema

    with schema(postgresql) as address:
        yield address


@pytest.fixture
async def settings(broker: str, tmp_path: Path) -> AsyncIterator["Settings"]:
    """Settings of a deployment with topics of its own, which are gone after the test."""
    from streams import topics
    from streams.settings import load

    settings = load(
        broker=broker,
        topic_prefix=f"t{uuid4().hex[:12]}.",
        data_dir=tmp_path,
        partitions=PARTITIONS,
        # What tests tell of happened at any time: it must not be too old to be kept.
        retention="0",
    )
    await topics.create(settings)
    yield settings
    await _delete_topics(settings)


async def _delete_topics(settings: "Settings") -> None:
    from streams import clients

    admin = clients.admin(settings)
    try:
        await admin.start()
        there = await admin.list_topics()
        await admin.delete_topics([t for t in there if t.startswith(settings.topic_prefix)])
    finally:
        await admin.close()
