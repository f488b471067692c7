"""The step agent on real Kafka: no request is left though the brokers do not say where it stood."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from streams import codecs, topics
from streams.actions.actions import Actions
from streams.settings import Settings
from streams.steps import Steps
from tests.e2e import log
from tests.streams.actions.attempts import EXECUTION_ID, attempt, running
from tests.streams.refusals import refuse_once


@pytest.fixture
async def actions() -> AsyncIterator[Actions]:
    async with running() as actions:
        yield actions


async def test_requests_are_run_though_at_first_nobody_says_where_their_partitions_stood(
    settings: Settings, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topics.create(settings)
    refuse_once(monkeypatch, "fetch_committed_offsets")
    request = codecs.encode(attempt("act-log", {"message": "done"}))
    await log.send(settings, topics.ACTION_REQUESTS, [(EXECUTION_ID.encode(), request)])
    with capture_logs() as logged:
        async with asyncio.timeout(60), Steps(settings, actions, instance="a-worker"):
            [result] = await log.values_until(settings, topics.EXECUTION_COMMANDS, bool)
    assert result["type"] == "CompleteStep"
    assert "partitions cannot be claimed, joining anew" in [each["event"] for each in logged]
