"""Rows and the offsets they came from are written together, or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from streams import codecs
from streams.table.rows import event_row, execution_row
from streams.table.sqlite import SqliteStore
from streams.table.states import state_row
from streams.table.writer import Rows, Writer
from tests.examples import NOON
from tests.streams.table.conftest import IN_A_FILE
from tests.streams.table.log import PLACE, Folded, records, story

OTHER = TopicPartition("rejections", 0)


def whole() -> Rows:
    """Return the rows of one execution."""
    told = story()
    return Rows(
        executions=[(*execution_row(told.execution), 1)],
        states=[(*state_row(told.execution), 1)],
        events=[(*event_row(event, codecs.encode(event)), 1) for event in told.events],
    )


def test_rows_and_offsets_are_written_together(folded: Folded) -> None:
    folded.writer.write(whole(), {PLACE: 6})
    assert folded.table.execution("pexec-1") == story().execution
    assert folded.table.position.offsets == {PLACE: 6}


def test_nothing_is_written_when_one_row_cannot_be(folded: Folded) -> None:
    folded.writer.write(Rows(), {PLACE: 1})
    spoilt = whole()
    spoilt.rejections.append(("command-1", "pexec-1", None, "code", "reason", b"{}"))
    with pytest.raises(folded.table.store.errors, match=r"(?i)not.null"):
        folded.writer.write(spoilt, {PLACE: 6})
    assert folded.table.execution("pexec-1") is None
    assert folded.table.position.offsets == {PLACE: 1}


@IN_A_FILE
def test_a_batch_that_could_not_be_written_can_be_folded_again(folded: Folded) -> None:
    told = story()
    folded.folding.take(records(told.events[:2]), {PLACE: 2})
    full = folded.table.store.connect(to_write=True)
    full.execute("BEGIN IMMEDIATE")
    folded.writer._connection.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(sqlite3.OperationalError):
        folded.folding.take(records(told.events[2:], 2), {PLACE: 6})
    full.execute("ROLLBACK")
    full.close()
    folded.folding.take(records(told.events[2:], 2), {PLACE: 6})
    assert folded.table.execution("pexec-1") == told.execution
    assert folded.folding.counts.events == 6


@IN_A_FILE
def test_a_disk_that_is_full_loses_nothing(folded: Folded) -> None:
    told, other = story(), story("pexec-2", parameters={"text": "x" * 100_000})
    connection = folded.writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    folded.folding.take(records(told.events), {PLACE: 6})
    with pytest.raises(sqlite3.OperationalError, match="full"):
        folded.folding.take(records(other.events, 6), {PLACE: 12})
    assert folded.table.position.offsets == {PLACE: 6}
    connection.execute("PRAGMA max_page_count = 1000000")
    folded.folding.take(records(other.events, 6), {PLACE: 12})
    assert folded.table.execution("pexec-2") == other.execution


def test_the_time_of_being_current_is_kept_by_a_write_that_does_not_know_it(
    folded: Folded,
) -> None:
    folded.writer.write(Rows(), {PLACE: 1}, NOON)
    folded.writer.write(Rows(), {PLACE: 2})
    assert folded.table.position.current_at == NOON


def test_the_table_is_as_current_as_its_least_current_partition(folded: Folded) -> None:
    folded.writer.write(Rows(), {PLACE: 1}, NOON)
    folded.writer.write(Rows(), {OTHER: 1})
    assert folded.table.position.current_at is None


def test_the_writer_tells_which_log_the_table_was_made_from(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "table.sqlite")
    with closing(Writer(store, "another-cluster")) as writer:
        writer.write(Rows(), {PLACE: 7})
        assert writer.origins() == {PLACE: ("another-cluster", 7)}


def test_an_emptied_table_has_nothing_in_it(folded: Folded) -> None:
    folded.writer.write(whole(), {PLACE: 6})
    folded.writer.empty()
    assert folded.table.execution("pexec-1") is None
    assert folded.table.position.offsets == {}


def test_more_executions_are_found_than_one_query_asks_for(folded: Folded) -> None:
    stories = [story(f"pexec-{number}") for number in range(501)]
    rows = Rows(
        executions=[(*execution_row(told.execution), n) for n, told in enumerate(stories)],
        states=[(*state_row(told.execution), n) for n, told in enumerate(stories)],
    )
    folded.writer.write(rows, {PLACE: 1})
    asked = [told.execution_id for told in stories] + ["pexec-unknown"]
    found = folded.writer.executions(asked)
    assert set(found) == set(asked) - {"pexec-unknown"}
    assert found["pexec-500"] == (500, stories[500].execution)


def test_analysing_leaves_the_rows_alone(folded: Folded) -> None:
    folded.writer.write(whole(), {PLACE: 6})
    folded.writer.analyse()
    assert folded.table.execution("pexec-1") == story().execution
