"""How the databases read lists: by the indexes that are there for it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.executions import Status
from streams.table import session, states, tallies
from streams.table.queries import (
    EVENTS,
    EVENTS_UNTIL,
    LONGEST_FIRST,
    NEWEST_FIRST,
    ExecutionFilter,
    ListPlace,
    where,
)
from streams.table.schema import FILTERS
from streams.table.sqlite import SqliteStore
from streams.table.table import Table
from streams.table.writer import EVENTS_FROM, LAST_NUMBER, Writer
from tests.examples import NOON
from tests.streams.table.log import Place, table_in

STARTED_AT = NOON + timedelta(seconds=1)


@pytest.fixture(scope="module")
def table(lasting_place: Place) -> Iterator[Table]:
    """A table of which nothing has been counted yet."""
    with closing(table_in(lasting_place)) as table:
        yield table


def plan(table: Table, query: str, values: Sequence[Any] = ()) -> str:
    """Return how a query is carried out, in the words of the database."""
    reader = table.store.reader()
    if isinstance(table.store, SqliteStore):
        return " ".join(
            detail for *_, detail in reader.execute(f"EXPLAIN QUERY PLAN {query}", values)
        )
    reader.execute("BEGIN")
    # What it would do with a long table: of a short one it reads all, which takes no time.
    for way in ("seqscan", "bitmapscan", "sort"):
        reader.execute(f"SET LOCAL enable_{way} = off")
    steps = " ".join(line for (line,) in reader.execute(f"EXPLAIN {query}", values))
    reader.execute("COMMIT")
    return steps


def assert_not_sorted(steps: str) -> None:
    assert "TEMP B-TREE" not in steps
    assert "Sort" not in steps


PLACE = ListPlace(STARTED_AT, "plain")
VALUES = {"status": Status.RUNNING, "dry_run": True}
SPANS: list[dict[str, Any]] = [{}, {"since": STARTED_AT}, {"until": STARTED_AT}]


@pytest.mark.parametrize("after", [None, PLACE], ids=["page", "cursor"])
@pytest.mark.parametrize("span", SPANS, ids=["", "since", "until"])
@pytest.mark.parametrize("column", [*FILTERS, None])
def test_a_page_is_read_from_an_index_and_not_sorted(
    table: Table, column: str | None, span: dict[str, Any], after: ListPlace | None
) -> None:
    filtered = {column: VALUES.get(column, "value")} if column else {}
    condition, values = where(ExecutionFilter(**filtered, **span), after)
    steps = plan(
        table, f"SELECT summary FROM executions {condition} {NEWEST_FIRST} LIMIT 20", values
    )
    assert f"executions_by_{column or 'started_at'}" in steps
    assert bool(column or span or after) == any(word in steps for word in ("SEARCH", "Index Cond"))
    assert_not_sorted(steps)


def test_the_approvals_are_read_from_an_index_and_not_sorted(table: Table) -> None:
    steps = plan(
        table,
        f"SELECT execution_id, step_id FROM approvals {LONGEST_FIRST} LIMIT 20",
    )
    assert "approvals_by_requested_at" in steps
    assert_not_sorted(steps)


def assert_searched(steps: str) -> None:
    assert "SCAN" not in steps
    assert "Seq Scan" not in steps
    assert_not_sorted(steps)


@pytest.mark.parametrize(
    ("query", "values"),
    [(EVENTS, ("id", "id")), (EVENTS_UNTIL, ("id", "id", 1)), (EVENTS_FROM, (1, 1))],
    ids=["all", "until", "from"],
)
def test_the_events_of_an_execution_are_read_from_an_index_and_not_sorted(
    table: Table, query: str, values: Sequence[Any]
) -> None:
    steps = plan(table, query, values)
    assert "events_pkey" in steps or "sqlite_autoindex_events_1 (number=?" in steps
    assert_searched(steps)


def test_states_and_the_events_after_them_are_read_from_indexes(table: Table) -> None:
    steps = plan(table, states.QUERY.format(marks="?, ?"), ("id", "other"))
    assert "states_pkey" in steps or "SEARCH s USING INDEX sqlite_autoindex_states_1" in steps
    assert "events_pkey" in steps or "SEARCH v USING INDEX sqlite_autoindex_events_1" in steps
    assert_searched(steps)


def test_the_highest_number_is_read_from_the_end_of_indexes(table: Table) -> None:
    steps = plan(table, LAST_NUMBER)
    for relation, index in (("executions", "executions_pkey"), ("gaps", "gaps_number_key")):
        assert index in steps or f"SEARCH {relation}" in steps
    assert "Seq Scan" not in steps


COUNTED = [
    ("executions", "sqlite_autoindex_executions_1", "{0} 1"),
    ("states", "sqlite_autoindex_states_1", "{0} 1"),
    ("events", "sqlite_autoindex_events_1", "{0} 12 1"),
]


@pytest.mark.parametrize("query", [states.QUERY, tallies.QUERY], ids=["states", "tallies"])
def test_the_executions_of_a_batch_are_looked_up_one_by_one_however_few_were_counted(
    tmp_path: Path, query: str
) -> None:
    with closing(table_in(tmp_path)) as table:
        number = session._ANALYSED_EXECUTIONS
        with closing(Writer(table.store, "a-cluster")) as writer:
            writer.analyse()
            with writer.transaction() as connection:
                connection.executemany(
                    "INSERT INTO sqlite_stat1 VALUES (?, ?, ?)",
                    [(of, index, said.format(number)) for of, index, said in COUNTED],
                )
        marks = ", ".join("?" * states._IDS_PER_QUERY)
        ids = [f"id-{number}" for number in range(states._IDS_PER_QUERY)]
        assert_searched(plan(table, query.format(marks=marks), ids))
