"""What retention has removed, from the table or from the log, is told apart from what is wrong."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from schemas.events import Event
from streams import topics
from streams.settings import Settings
from streams.table import pruning
from streams.table.table import Table
from streams.table.writer import Writer
from streams.verification import verify
from tests.examples import NOON
from tests.streams.table.kafka import publish, remove_records
from tests.streams.table.log import numbers, rejection, story
from tests.streams.verified import commit, commit_stories, give, project, tamper, told


def on_day(day: int, name: str) -> list[Event]:
    """Return an execution of another day."""
    at = timedelta(days=day)
    return [event.model_copy(update={"at": event.at + at}) for event in story(name).events]


def prune(table: Table, before: datetime) -> int:
    """Remove what ended before a time; return how many."""
    with closing(Writer(table.store, "a-cluster")) as writer:
        return pruning.prune(writer, before, 100)


async def test_what_has_been_pruned_is_no_difference(settings: Settings, table: Table) -> None:
    refused = rejection("command-1").model_copy(update={"at": NOON})
    await commit(settings, [*on_day(0, "old"), *on_day(2, "new"), *story("open").events[:3]])
    await commit(settings, [refused])
    await project(settings, table)
    assert prune(table, NOON + timedelta(days=1)) == 2
    verification = await verify(settings, table)
    assert verification.ok, verification.differences
    assert (verification.executions, verification.pruned) == (3, 1)


@pytest.mark.parametrize(
    ("name", "relations"),
    [("new", ("events", "states", "executions")), ("open", ("events", "executions"))],
    ids=["new", "open"],
)
async def test_what_retention_would_have_kept_is_missed(
    settings: Settings, table: Table, name: str, relations: tuple[str, ...]
) -> None:
    await commit(settings, [*on_day(0, "old"), *on_day(2, "new"), *story("open").events[:3]])
    await project(settings, table)
    prune(table, NOON + timedelta(days=1))
    number = numbers(table.store)[name]
    for relation in relations:
        tamper(table, f"DELETE FROM {relation} WHERE number = {number}")
    assert told(await verify(settings, table)) == [(name, "execution")]


async def test_what_is_pruned_in_part_is_a_difference(settings: Settings, table: Table) -> None:
    await commit(settings, [*on_day(0, "old"), *on_day(0, "older")])
    await project(settings, table)
    with closing(Writer(table.store, "a-cluster")) as writer:
        pruning.prune(writer, NOON + timedelta(days=1), 1)
    [(left, number)] = numbers(table.store).items()
    tamper(table, f"DELETE FROM events WHERE number = {number} AND sequence = 2")
    assert told(await verify(settings, table)) == [(left, "event 2")]


async def test_what_retention_has_cut_is_told_apart_and_not_called_wrong(
    settings: Settings, table: Table
) -> None:
    await commit(settings, on_day(-1, "gone"))
    halves = [story("cut-0"), story("cut-1"), story("cut-2"), story("cut-3")]
    await commit(settings, (event for one in halves for event in one.events[:3]))
    await project(settings, table)
    await remove_records(settings, -1)
    await commit(settings, (event for one in halves for event in one.events[3:]))
    await commit(settings, (event for one in halves for event in on_day(1, one.execution_id + "-")))
    await project(settings, table)
    verification = await verify(settings, table)
    assert verification.ok, verification.differences
    assert (verification.cut, verification.executions) == (4, 8)


async def test_of_a_command_that_retention_has_removed_nobody_says_that_it_was_not_there(
    settings: Settings, table: Table
) -> None:
    await commit_stories(settings, 0, 20)
    await remove_records(settings, -1, topics.EXECUTION_COMMANDS)
    await commit_stories(settings, 20, 20)
    await publish(settings, story("uncalled").events)
    await project(settings, table)
    verification = await verify(settings, table)
    assert verification.unjudged == 20 * 3
    assert ("uncalled", "event 1: command_id") in told(verification)
    assert {name for name, _ in told(verification)} == {"uncalled"}


async def test_what_is_remembered_is_told_apart(settings: Settings, table: Table) -> None:
    open_ones = [story("long-0").events[:3], story("long-1").events[:3]]
    await commit(settings, (event for events in open_ones for event in events))
    await project(settings, table)
    await remove_records(settings, -1)
    await publish(settings, story("ended-long-ago").events)
    await give(settings, story("ended-long-ago").events)
    await commit(settings, story("going-on").events[:3])
    await project(settings, table)
    await commit(settings, story("going-on").events)
    verification = await verify(settings, table)
    assert verification.ok, verification.differences
    assert (verification.eventless, verification.forgotten, verification.ahead) == (2, 1, 1)
