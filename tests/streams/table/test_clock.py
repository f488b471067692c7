"""The wall clock is set while the table follows the log: what is told of it stays true."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from streams import topics
from streams.broker.broker import EmbeddedBroker
from streams.settings import Settings, load
from streams.table import projection, reading
from streams.table.summaries import summary
from tests.streams.table.conftest import IN_A_FILE, Project
from tests.streams.table.kafka import eventually, until
from tests.streams.table.log import story

HOUR = timedelta(hours=1)

SetClock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the wall clock, as the projection and Kafka's client see it, so far ahead."""
    real = time.time

    def set_clock(ahead: timedelta) -> None:
        class Set(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + ahead

        monkeypatch.setattr(time, "time", lambda: real() + ahead.total_seconds())
        monkeypatch.setattr(projection, "datetime", Set)

    return set_clock


async def test_a_table_that_has_caught_up_stays_so_though_the_clock_is_set_back(
    settings: Settings, project: Project, set_clock: SetClock
) -> None:
    running = await project(settings)
    await until(running.table, lambda: running.projection.caught_up)
    before = running.table.position.current_at
    assert before is not None
    set_clock(-HOUR)
    # It has been read since.
    await until(running.table, lambda: (running.table.position.current_at or before) < before)
    assert running.projection.caught_up


@IN_A_FILE
async def test_who_has_just_answered_is_there_though_the_clock_is_set_forward(
    settings: Settings, set_clock: SetClock
) -> None:
    async with reading.reading(settings) as begun:
        begun.begin({})
        while len(begun.current()[0]) < len(begun.positions):
            await begun.take()
        begun.check()
        set_clock(HOUR)
        begun.check()


async def test_a_silent_broker_is_noticed_though_the_clock_has_been_set_back(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock
) -> None:
    monkeypatch.setattr(reading, "SILENT_SECONDS", 1.0)
    broker = EmbeddedBroker(tmp_path / "broker", port=0)
    settings = load(broker=await broker.start(), data_dir=tmp_path, partitions=1, retention="0")
    try:
        await topics.create(settings)
        running = await project(settings)
        await until(running.table, lambda: running.projection.caught_up)
        set_clock(-HOUR)
        await broker.stop()
        await eventually(lambda: running.projection.lag is None)
        await running.projection.stop()
    finally:
        await broker.stop()


def test_an_execution_has_not_taken_less_than_no_time() -> None:
    told = story().execution
    assert told.started_at is not None
    known = replace(told, completed_at=told.started_at - HOUR)
    assert summary(known)["duration_seconds"] == 0
