"""What the table answers: now, then, and once it has been written."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest

from engine.evolution import fold
from streams import looks
from streams.table.table import Position
from streams.table.writer import Rows
from tests.examples import NOON
from tests.streams.table.log import PLACE, Folded, records, story, table_in


def test_what_nobody_has_started_is_not_there(folded: Folded) -> None:
    assert folded.table.execution("pexec-1") is None
    assert folded.table.execution_as_of("pexec-1", NOON) is None
    assert folded.table.events("pexec-1") == []


@pytest.mark.parametrize("sequence", range(1, 7))
def test_an_execution_is_told_as_it_was_at_a_moment(folded: Folded, sequence: int) -> None:
    told = story()
    folded.take(*records(told.events))
    at = told.events[sequence - 1].at
    happened = [event for event in told.events if event.at <= at]
    assert folded.table.execution_as_of("pexec-1", at) == fold(None, happened)


def test_before_its_start_an_execution_was_not_there(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events))
    before = told.events[0].at - timedelta(microseconds=1)
    assert folded.table.execution_as_of("pexec-1", before) is None


def test_the_past_ends_where_an_execution_stands_still(folded: Folded) -> None:
    told = story()
    folded.take(*records([event for event in told.events if event.sequence != 4]))
    now = told.at + timedelta(days=1)
    assert folded.table.execution_as_of("pexec-1", now) == fold(None, told.events[:3])


def test_events_are_told_in_order(folded: Folded) -> None:
    folded.take(*records(reversed(story().events)))
    assert [event["sequence"] for event in folded.table.events("pexec-1")] == [1, 2, 3, 4, 5, 6]


def test_the_age_is_the_time_since_the_table_was_current() -> None:
    position = Position({PLACE: 1}, NOON)
    assert position.age_seconds(NOON + timedelta(seconds=3)) == 3.0
    assert position.age_seconds(NOON - timedelta(seconds=3)) == 0.0
    assert Position({}, None).age_seconds(NOON) is None


async def test_a_writer_reads_its_own_write(folded: Folded) -> None:
    folded.table.projected_here = True
    told = story()
    waiting = asyncio.create_task(folded.table.wait(lambda: folded.table.execution("pexec-1"), 60))
    await asyncio.sleep(0)
    folded.take(*records(told.events))
    folded.table.tell()
    assert await waiting == told.execution


async def test_everybody_who_waits_is_told(folded: Folded) -> None:
    folded.table.projected_here = True
    told = [story(f"pexec-{number}") for number in range(20)]
    waiting = [
        asyncio.create_task(
            folded.table.wait(lambda one=one: folded.table.execution(one.execution_id), 60)
        )
        for one in told
    ]
    for one in told:
        await asyncio.sleep(0)
        folded.take(*records(one.events))
        folded.table.tell()
    assert await asyncio.gather(*waiting) == [one.execution for one in told]


async def test_what_is_there_already_is_not_waited_for(folded: Folded) -> None:
    folded.table.projected_here = True
    folded.take(*records(story().events))
    assert await folded.table.wait(lambda: folded.table.execution("pexec-1"), 0) is not None


async def test_waiting_ends_when_time_is_up(folded: Folded) -> None:
    assert await folded.table.wait(lambda: folded.table.execution("pexec-1"), 0.01) is None


async def test_what_another_process_writes_is_waited_for_too(folded: Folded) -> None:
    with closing(table_in(folded.place)) as elsewhere:
        waiting = asyncio.create_task(elsewhere.wait(lambda: elsewhere.execution("pexec-1"), 60))
        await asyncio.sleep(0)
        folded.take(*records(story().events))
        assert await waiting == story().execution


async def test_a_read_from_another_thread_sees_what_was_written(folded: Folded) -> None:
    folded.take(*records(story().events))
    found = await asyncio.to_thread(folded.table.execution, "pexec-1")
    assert found == story().execution


def test_a_snapshot_does_not_show_what_is_written_later(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events[:3]))
    with folded.table.snapshot() as rows:
        count = "SELECT COUNT(*) FROM events"
        before = rows.execute(count).fetchone()
        folded.take(*records(told.events[3:]))
        assert rows.execute(count).fetchone() == before == (3,)


def test_a_position_tells_offsets_and_time(folded: Folded) -> None:
    folded.writer.write(Rows(), {PLACE: 6}, NOON)
    assert folded.table.position == Position({PLACE: 6}, NOON)


def test_what_is_asked_again_is_remembered_until_something_is_written(folded: Folded) -> None:
    reads: list[int] = []

    def read() -> int:
        reads.append(len(reads))
        return len(reads)

    assert [folded.table.remembered("name", read) for _ in range(3)] == [1, 1, 1]
    assert folded.table.remembered("other", read) == 2
    folded.take(*records(story().events))
    assert folded.table.remembered("name", read) == 3


async def test_what_is_told_with_what_was_waited_for_is_not_older(folded: Folded) -> None:
    before = folded.table.position.offsets
    folded.take(*records(story().events))
    assert await folded.table.wait(lambda: folded.table.execution("pexec-1"), 0) is not None
    assert (before, folded.table.position.offsets) == ({}, {PLACE: 6})


async def test_what_another_process_has_written_shows_a_moment_later(folded: Folded) -> None:
    assert folded.table.position.offsets == {}
    folded.take(*records(story().events))
    await looks.settled()
    assert folded.table.position.offsets == {PLACE: 6}


async def test_what_is_projected_here_shows_as_soon_as_it_is_told(
    folded: Folded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "SECONDS", 60.0)
    assert folded.table.position.offsets == {}
    folded.take(*records(story().events))
    folded.table.tell()
    assert folded.table.position.offsets == {PLACE: 6}


def test_no_more_is_remembered_than_there_is_room_for(folded: Folded) -> None:
    for name in range(5_000):
        folded.table.remembered(name, lambda: None)
    assert len(folded.table._memory._told) <= 1_001
