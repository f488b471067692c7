"""A stand-in that really receives HTTP, and actions that point at it."""

from collections.abc import AsyncIterator

import pytest

from api.demo.stand_in import StandIn
from streams.actions.actions import Actions


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """The server in place of Slack, Jira and others."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def actions(stand_in: StandIn) -> AsyncIterator[Actions]:
    """The built-in actions, set up for the stand-in."""
    actions = Actions(stand_in.actions(), egress_allow=["127.0.0.1"])
    await actions.start()
    yield actions
    await actions.stop()
