"""What has been done is told, whatever a broker has refused meanwhile."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from aiokafka.errors import InvalidTimestampError

from schemas.commands import CompleteStep
from streams import topics
from streams.publishing import partition_of
from streams.results import Results
from streams.settings import Settings
from tests.e2e.log import values_until

KEY = b"key"


def result(number: int) -> CompleteStep:
    """Return what says that a step has completed."""
    return CompleteStep(
        id=f"result-{number}",
        execution_id="pexec-1",
        at=datetime.now(UTC),
        step_id="one",
        visit=1,
        attempt=1,
    )


async def test_a_result_is_published_though_the_broker_has_refused_the_one_before_it(
    settings: Settings,
) -> None:
    name = topics.EXECUTION_COMMANDS.named(settings.topic_prefix)
    place = {"key": KEY, "partition": partition_of(KEY, settings.partitions)}
    results = Results(settings)
    await results.start()
    try:
        await results.publish(topics.EXECUTION_COMMANDS, KEY, result(1))
        too_far_ahead = int(1_000 * (time.time() + 7_200))
        with pytest.raises(InvalidTimestampError):
            await results._producer.send_and_wait(name, b"", timestamp_ms=too_far_ahead, **place)
        async with asyncio.timeout(60):
            await results.publish(topics.EXECUTION_COMMANDS, KEY, result(2))
    finally:
        await results.stop()
    there = await values_until(settings, topics.EXECUTION_COMMANDS, lambda found: len(found) > 1)
    assert [each["id"] for each in there] == ["result-1", "result-2"]
