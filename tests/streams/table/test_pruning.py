"""What ended long ago leaves the table bit by bit, and nothing else does."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from streams import codecs
from streams.setting_values import parsed_retention
from streams.settings import Settings
from streams.table import tallies
from streams.table.pruning import PAUSE_SECONDS, Pruning, prune, pruned_before
from tests.examples import NOON, Story
from tests.streams.records import record
from tests.streams.table.conftest import Project
from tests.streams.table.kafka import publish, until
from tests.streams.table.log import REJECTIONS, Folded, records, rejection, rows, story

DAY = timedelta(days=1)


def on_day(day: int, name: str, sequence: int = 6) -> Story:
    """Return an execution of a day, as it was at some event; it ends with the sixth."""
    told = story(name)
    told.events = [
        event.model_copy(update={"at": event.at + day * DAY}) for event in told.events[:sequence]
    ]
    return told


def fold(folded: Folded, *stories: Story) -> None:
    for told in stories:
        folded.take(*records(told.events))


def ids(folded: Folded, table: str = "executions") -> set[str]:
    return {row[0] for row in rows(folded.table.store)[table]}


def test_what_ended_before_is_removed_with_all_that_stands_of_it(folded: Folded) -> None:
    fold(folded, on_day(0, "old"), on_day(2, "new"))
    assert prune(folded.writer, NOON + DAY, 100) == 1
    assert ids(folded) == ids(folded, "events") == ids(folded, "states") == {"new"}
    assert folded.table.execution("old") is None
    reader = folded.table.store.reader()
    assert sorted(reader.execute(tallies.STORED)) == sorted(reader.execute(tallies.DERIVED))
    assert pruned_before(reader) == NOON + DAY


def test_what_is_open_stays_however_old_it_is(folded: Folded) -> None:
    fold(folded, on_day(0, "open", sequence=3))
    assert prune(folded.writer, NOON + 400 * DAY, 100) == 0
    assert ids(folded) == {"open"}
    assert pruned_before(folded.table.store.reader()) is None


def test_it_goes_in_steps_the_oldest_first(folded: Folded) -> None:
    fold(folded, *(on_day(day, f"day-{day}") for day in (2, 0, 1)))
    assert prune(folded.writer, NOON + 9 * DAY, 2) == 2
    assert ids(folded) == {"day-2"}
    assert [prune(folded.writer, NOON + 9 * DAY, 2) for _ in range(2)] == [1, 0]


def test_old_refusals_are_removed_too(folded: Folded) -> None:
    later = rejection("later").model_copy(update={"at": NOON + 2 * DAY})
    for each in (rejection("old"), later):
        folded.take(record(codecs.encode(each), topic=REJECTIONS))
    assert prune(folded.writer, NOON + DAY, 100) == 1
    assert ids(folded, "rejections") == {"later"}


def test_a_time_that_has_been_said_is_not_taken_back(folded: Folded) -> None:
    fold(folded, on_day(0, "a"))
    prune(folded.writer, NOON + 5 * DAY, 100)
    fold(folded, on_day(1, "b"))
    prune(folded.writer, NOON + 3 * DAY, 100)
    assert pruned_before(folded.table.store.reader()) == NOON + 5 * DAY


def test_an_execution_goes_on_while_others_are_removed(folded: Folded) -> None:
    fold(folded, on_day(0, "old"), on_day(0, "open", sequence=3))
    prune(folded.writer, NOON + DAY, 100)
    whole = on_day(0, "open")
    folded.take(*records(whole.events[3:]))
    assert folded.table.execution("open") == whole.execution


def test_nothing_is_looked_for_again_at_once(folded: Folded) -> None:
    fold(folded, on_day(0, "a"), on_day(0, "b"))
    pruning = Pruning(folded.writer, DAY, step_max=1)
    at = NOON + 3 * DAY
    assert [pruning.step(at, 5.0) for _ in range(2)] == [1, 1]
    assert pruning.is_due(5.0)
    assert pruning.step(at, 5.0) == 0
    assert not pruning.is_due(5.0)
    assert pruning.is_due(5.0 + PAUSE_SECONDS)


def test_with_a_retention_of_zero_everything_stays(folded: Folded) -> None:
    assert not Pruning(folded.writer, timedelta(0)).is_due(0.0)


async def test_the_projection_removes_what_is_older_than_the_setting_says(
    settings: Settings, project: Project
) -> None:
    kept: dict[str, Any] = {"retention": parsed_retention("1d")}
    now = datetime.now(UTC)
    recent = on_day((now - NOON) // DAY, "recent")
    await publish(settings, [*on_day(0, "old").events, *recent.events])
    projecting = await project(settings.model_copy(update=kept))
    table = projecting.table
    await until(table, lambda: table.execution("recent") is not None)

    def pruned() -> bool:
        is_done = pruned_before(table.store.reader()) is not None
        return is_done and {name for name, *_ in rows(table.store)["events"]} == {"recent"}

    await until(table, pruned)
    assert table.execution("old") is None
    assert await asyncio.to_thread(table.execution, "recent") is not None
