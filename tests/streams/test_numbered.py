"""``verify`` finds rows whose number is of no execution, and compares those behind a gap."""

import pytest

from streams.settings import Settings
from streams.table.table import Table
from streams.verification import verify
from tests.streams.table.log import story
from tests.streams.verified import commit, project, tamper, told


@pytest.mark.parametrize("relation", ["events", "states"])
async def test_rows_that_belong_to_no_execution_are_reported(
    settings: Settings, table: Table, relation: str
) -> None:
    await commit(settings, story("pexec-0").events)
    await project(settings, table)
    row = {"events": "(7, 1, 1, 'StepSkipped', '{}')", "states": "(7, 1, '{}')"}[relation]
    tamper(table, f"INSERT INTO {relation} VALUES {row}")
    assert told(await verify(settings, table)) == [("", f"{relation} of number 7")]


async def test_what_an_execution_leaves_behind_is_reported_with_what_is_missing(
    settings: Settings, table: Table
) -> None:
    await commit(settings, story("pexec-0").events)
    await project(settings, table)
    tamper(table, "DELETE FROM executions")
    left = [("", "events of number 1"), ("", "states of number 1")]
    assert told(await verify(settings, table)) == [*left, ("pexec-0", "execution")]


async def test_events_behind_a_gap_are_compared_too(settings: Settings, table: Table) -> None:
    await commit(settings, story("pexec-0").events[1:])
    await project(settings, table)
    assert told(await verify(settings, table)) == [("pexec-0", "event 1")]
    tamper(table, "UPDATE events SET at = 1 WHERE sequence = 3")
    assert ("pexec-0", "event 3: at") in told(await verify(settings, table))
    tamper(table, "DELETE FROM gaps")
    found = told(await verify(settings, table))
    assert found == [("", "events of number 1"), ("pexec-0", "event 1"), ("pexec-0", "events")]


async def test_a_gap_that_is_not_on_the_log_is_reported(settings: Settings, table: Table) -> None:
    await commit(settings, story("pexec-0").events)
    await project(settings, table)
    tamper(table, "INSERT INTO gaps VALUES ('invented', 7, 1, 'missing')")
    assert told(await verify(settings, table)) == [("invented", "execution")]
