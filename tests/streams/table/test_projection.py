"""The table follows the log, on real Kafka, one process at a time."""

import asyncio
from contextlib import closing

import pytest
from aiokafka import TopicPartition

from streams import topics
from streams.settings import Settings
from streams.table import session
from streams.table.opening import opened
from streams.table.origins import Offsets
from streams.table.reading import Reading
from streams.table.session import Session
from streams.table.writer import Writer
from tests.streams.table.conftest import Project
from tests.streams.table.kafka import (
    eventually,
    publish,
    publish_stories,
    shown,
    until,
)
from tests.streams.table.log import rejection, rows, story
from tests.streams.table.processes import projecting


async def test_what_stands_on_the_log_stands_in_the_table(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 20)
    running = await project(settings)
    await shown(running.table, stories)
    assert running.projection.counts.events == 120


async def test_what_comes_later_stands_there_too(settings: Settings, project: Project) -> None:
    running = await project(settings)
    await until(running.table, lambda: running.projection.caught_up)
    refused = rejection("command-9")
    await publish(settings, [*story().events, refused])
    await shown(running.table, [story()])
    await until(running.table, lambda: running.table.rejection("command-9") == refused)


async def test_it_has_caught_up_when_all_that_there_was_has_been_read(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 20)
    running = await project(settings)
    assert not running.projection.caught_up
    assert running.projection.lag is None
    await until(running.table, lambda: running.projection.caught_up)
    assert all(running.table.execution(told.execution_id) for told in stories)
    assert running.projection.lag == 0


async def test_it_has_not_caught_up_before_every_partition_has_been_read(
    settings: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = TopicPartition(topics.EXECUTION_EVENTS.named(settings.topic_prefix), 0)
    begin, beat = Reading.begin, Session._beat
    begun: list[Reading] = []
    beats: asyncio.Queue[bool] = asyncio.Queue()

    def begin_without(reading: Reading, offsets: Offsets) -> None:
        begin(reading, offsets)
        reading._consumer.pause(place)  # as if its leader had not answered yet
        begun.append(reading)

    async def beat_and_tell(session: Session, now: float) -> bool:
        done = await beat(session, now)
        beats.put_nowait(done)
        return done

    monkeypatch.setattr(Reading, "begin", begin_without)
    monkeypatch.setattr(Session, "_beat", beat_and_tell)
    running = await project(settings)
    async with asyncio.timeout(60):
        while not await beats.get():
            pass
    assert running.table.position.current_at is None
    assert not running.projection.caught_up
    begun[0]._consumer.resume(place)
    await until(running.table, lambda: running.projection.caught_up)


async def test_a_table_without_news_stays_current(settings: Settings, project: Project) -> None:
    running = await project(settings)
    await until(running.table, lambda: running.projection.caught_up)
    first = running.table.position.current_at
    assert first is not None
    await until(running.table, lambda: (running.table.position.current_at or first) > first)


async def test_the_indexes_are_counted_once_there_is_much_and_again_when_there_is_twice_as_much(
    settings: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_ANALYSED_EXECUTIONS", 10)
    analyse, counted = Writer.analyse, list[int]()

    def analyse_and_tell(writer: Writer) -> None:
        analyse(writer)
        counted.append(writer.last_number())

    monkeypatch.setattr(Writer, "analyse", analyse_and_tell)
    running = await project(settings)
    first = 0
    for count, expected in ((9, []), (1, [10]), (9, [10]), (1, [10, 20])):
        await shown(running.table, await publish_stories(settings, first, count))
        first += count
        at = running.table.position.current_at
        # A beat has come and gone since.
        await until(running.table, lambda at=at: running.table.position.current_at != at)
        assert counted == expected


async def test_what_never_committed_is_not_shown(settings: Settings, project: Project) -> None:
    await publish(settings, story("pexec-aborted").events, aborted=True)
    stories = await publish_stories(settings, 0, 2)
    running = await project(settings)
    await shown(running.table, stories)
    await until(running.table, lambda: running.projection.caught_up)
    assert running.table.execution("pexec-aborted") is None
    assert running.projection.lag == 0


async def test_after_a_restart_only_what_is_new_is_read(
    settings: Settings, project: Project
) -> None:
    before = await publish_stories(settings, 0, 20)
    first = await project(settings)
    await shown(first.table, before)
    await first.projection.stop()
    after = await publish_stories(settings, 20, 5)
    second = await project(settings)
    await shown(second.table, [*before, *after])
    assert second.projection.counts.events == 30
    assert second.projection.counts.doubles == 0


async def test_a_standby_reads_the_table_that_another_process_writes(
    settings: Settings, project: Project
) -> None:
    with projecting(settings):
        standby = await project(settings)
        stories = await publish_stories(settings, 0, 5)
        await shown(standby.table, stories)
        await until(standby.table, lambda: standby.projection.caught_up)
        assert not standby.table.projected_here
        assert standby.projection.counts.events == 0


async def test_a_standby_goes_on_where_a_stopped_one_was(
    settings: Settings, project: Project
) -> None:
    first = await project(settings)
    await until(first.table, lambda: first.table.projected_here)  # else either may be the first
    second = await project(settings)
    before = await publish_stories(settings, 0, 5)
    await shown(second.table, before)
    assert (first.table.projected_here, second.table.projected_here) == (True, False)
    await first.projection.stop()
    after = await publish_stories(settings, 5, 5)
    await shown(second.table, after)
    assert (first.table.projected_here, second.table.projected_here) == (False, True)
    assert second.projection.counts.events == 30


async def test_when_the_projecting_process_is_killed_another_goes_on_and_nothing_is_doubled(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 1_500)
    with projecting(settings) as other:
        standby = await project(settings)

        def some() -> bool:
            return standby.table.execution("pexec-0") is not None

        await until(standby.table, some)
        other.kill()
        other.wait()
        await eventually(lambda: standby.table.projected_here)
        stories += await publish_stories(settings, 1_500, 10)
        await until(standby.table, lambda: standby.projection.lag == 0)
        await shown(standby.table, stories)
    counts = standby.projection.counts
    assert 0 < counts.events < 9_060
    assert (counts.doubles, counts.gaps) == (0, 0)
    found = rows(standby.table.store)
    assert len(found["events"]) == 9_060
    assert len(found["executions"]) == 1_510


async def test_the_lock_is_free_after_a_stop(settings: Settings, project: Project) -> None:
    first = await project(settings)
    await until(first.table, lambda: first.projection.caught_up)
    await first.projection.stop()
    with closing(opened(settings)):
        second = await project(settings)
        await eventually(lambda: second.table.projected_here)
