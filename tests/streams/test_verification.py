"""``verify`` finds every way in which table and log can disagree, and only those."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from aiokafka import TopicPartition

from engine.identities import event_id
from schemas.events import Event, StepSkipped
from streams import topics
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.table import Table
from streams.table.writer import Rows, Writer
from streams.verification import verify
from tests.e2e.log import send
from tests.streams.table.log import rejection, story
from tests.streams.table.test_approvals import asking
from tests.streams.verified import TALLIES, commit, commit_stories, project, tamper, told

IN_A_FILE = pytest.mark.parametrize("table", ["sqlite"], indirect=True)
"""What the log has wrong is told alike wherever the table is."""


async def test_a_table_that_is_as_the_log_says_passes(settings: Settings, table: Table) -> None:
    await commit_stories(settings, 0, 20)
    await commit(settings, [*story("open").events[:3], rejection("command-1")])
    await project(settings, table)
    verification = await verify(settings, table)
    assert verification.ok, verification.differences
    assert (verification.events, verification.executions) == (123, 21)
    assert (verification.cut, verification.unread) == (0, 0)


async def test_a_table_that_has_read_nothing_differs_in_nothing(
    settings: Settings, table: Table
) -> None:
    await commit_stories(settings, 0, 1)
    verification = await verify(settings, table)
    assert verification.ok
    assert verification.events == 0
    assert verification.unread > 0


async def test_it_passes_while_the_log_grows_and_is_projected(
    settings: Settings, table: Table
) -> None:
    projection = Projection(settings, table)
    await projection.start()
    for first in range(0, 200, 50):
        stories, verification = await asyncio.gather(
            commit_stories(settings, first, 50), verify(settings, table)
        )
        assert verification.ok, verification.differences
        assert len(stories) == 50
    await projection.stop()


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE executions SET status = 'failed'", "execution: status"),
        ("UPDATE executions SET asset_id = NULL", "execution: asset_id"),
        ("UPDATE executions SET completed_at = 1", "execution: completed_at"),
        (
            "UPDATE states SET state = json_set(state, '$.by', 'mallory')",
            "execution: state: by",
        ),
        ("UPDATE states SET state = 'no json'", "execution: state"),
        ("DELETE FROM events WHERE sequence = 3", "event 3"),
        ("UPDATE events SET at = 1 WHERE sequence = 6", "event 6: at"),
        (
            "UPDATE events SET value = json_set(value, '$.step_id', 'x') WHERE sequence = 2",
            "event 2: value: step_id",
        ),
        (
            "INSERT INTO events VALUES (1, 7, 1, 'StepSkipped', '{}')",
            "event 7",
        ),
        ("DELETE FROM rejections", "rejection of command-1"),
    ],
    ids=lambda value: value[:40],
)
async def test_a_row_that_was_tampered_with_is_reported(
    settings: Settings, table: Table, statement: str, what: str
) -> None:
    refused = rejection("command-1").model_copy(update={"execution_id": "pexec-0"})
    await commit(settings, [*story("pexec-0").events, refused])
    await project(settings, table)
    tamper(table, statement)
    assert told(await verify(settings, table)) == [("pexec-0", what)]


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DELETE FROM approvals", ("pexec-0", "approvals")),
        ("UPDATE approvals SET requested_at = 1", ("pexec-0", "approvals")),
        ("INSERT INTO approvals VALUES ('invented', 'ask', 1)", ("invented", "execution")),
        ("UPDATE tallies SET executions = 7", TALLIES),
    ],
    ids=str,
)
async def test_what_is_kept_besides_the_rows_is_compared_too(
    settings: Settings, table: Table, statement: str, difference: tuple[str, str]
) -> None:
    await commit(settings, asking("pexec-0").events)
    await project(settings, table)
    assert (await verify(settings, table)).ok
    tamper(table, statement)
    assert told(await verify(settings, table)) == [difference]


async def test_an_execution_that_is_not_on_the_log_is_reported(
    settings: Settings, table: Table
) -> None:
    await commit_stories(settings, 0, 2)
    await project(settings, table)
    tamper(table, "UPDATE executions SET execution_id = 'invented' WHERE execution_id = 'pexec-1'")
    found = told(await verify(settings, table))
    assert found == [("invented", "execution"), ("pexec-1", "execution")]


def skipped(sequence: int) -> Event:
    """Return an event that comes after the end."""
    last = story("pexec-0").events[-1]
    return StepSkipped(
        **last.model_dump(exclude={"type", "sequence", "id"}),
        sequence=sequence,
        id=event_id("pexec-0", sequence),
        step_id="one",
    )


def with_a_double() -> list[Event]:
    events = story("pexec-0").events
    return [*events, events[3]]


def with_a_gap() -> list[Event]:
    return [event for event in story("pexec-0").events if event.sequence != 4]


def out_of_order() -> list[Event]:
    first, second, third, *others = story("pexec-0").events
    return [first, third, second, *others]


def with_another_id() -> list[Event]:
    first, second, *others = story("pexec-0").events
    return [first, second.model_copy(update={"id": "another"}), *others]


def backwards_in_time() -> list[Event]:
    first, second, *others = story("pexec-0").events
    earlier = first.at - timedelta(hours=1)
    return [first, second.model_copy(update={"at": earlier}), *others]


@IN_A_FILE
@pytest.mark.parametrize(
    ("events", "what"),
    [
        (with_a_double(), "event 4"),
        (with_a_gap(), "event 4"),
        (out_of_order(), "event 2"),
        (with_another_id(), "event 2: id"),
        (backwards_in_time(), "event 2: at"),
    ],
    ids=["a double", "a gap", "out of order", "another id", "backwards in time"],
)
async def test_what_is_wrong_with_the_log_is_reported(
    settings: Settings, table: Table, events: list[Event], what: str
) -> None:
    await commit(settings, [*story("pexec-1").events, *events])
    await project(settings, table)
    assert told(await verify(settings, table)) == [("pexec-0", what)]


@IN_A_FILE
async def test_an_event_after_the_end_is_reported(settings: Settings, table: Table) -> None:
    await commit(settings, [*story("pexec-0").events, skipped(7)])
    await project(settings, table)
    found = (await verify(settings, table)).differences
    assert ("event 7", "nothing: the execution has ended") in [(d.what, d.expected) for d in found]


@IN_A_FILE
async def test_an_event_that_does_not_fold_is_reported(settings: Settings, table: Table) -> None:
    first, second, *others = story("pexec-0").events
    astray = second.model_copy(update={"step_id": "of-another-playbook"})
    await commit(settings, [first, astray, *others])
    await project(settings, table)
    assert told(await verify(settings, table)) == [("pexec-0", "event 2")]


@IN_A_FILE
async def test_a_record_that_cannot_be_read_is_reported(settings: Settings, table: Table) -> None:
    await send(settings, topics.EXECUTION_EVENTS, [(b"pexec-0", b"\x00 poison")])
    await project(settings, table)
    [difference] = (await verify(settings, table)).differences
    assert difference.what.startswith("offset 0 of")


async def test_a_table_of_another_log_is_not_compared(settings: Settings, table: Table) -> None:
    with closing(Writer(table.store, "another-cluster")) as writer:
        writer.write(Rows(), {TopicPartition("execution-events", 0): 0})
    [difference] = (await verify(settings, table)).differences
    assert difference.what == "table"
    assert "another-cluster" in difference.found


async def test_a_difference_says_what_was_expected_and_what_was_found(
    settings: Settings, table: Table
) -> None:
    await commit_stories(settings, 0, 1)
    await project(settings, table)
    tamper(table, "UPDATE executions SET status = 'failed'")
    found = (await verify(settings, table)).differences
    assert ("completed", "failed") in [(each.expected, each.found) for each in found]
