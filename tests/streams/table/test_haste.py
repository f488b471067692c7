"""Reads in haste: on the spot when they are quick, else by a thread."""

import threading
from functools import partial

import pytest

from streams.table.haste import in_haste
from streams.table.queries import ExecutionFilter
from streams.table.store import TableError
from tests.streams.table.conftest import IN_A_DATABASE, IN_A_FILE
from tests.streams.table.log import Folded, records, story

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
EXECUTION_COUNT = f"{LONG} SELECT MAX(i) FROM n"


@IN_A_FILE
async def test_a_quick_read_is_done_on_the_spot(folded: Folded) -> None:
    folded.take(*records(story().events))
    assert await in_haste(folded.table, threading.get_ident, 60) == threading.get_ident()
    read = partial(folded.table.summaries, ExecutionFilter())
    assert await in_haste(folded.table, read, 60) == read()


@IN_A_FILE
async def test_what_takes_long_is_read_by_a_thread(folded: Folded) -> None:
    threads: list[int] = []

    def read() -> int:
        threads.append(threading.get_ident())
        return int(folded.table._read(EXECUTION_COUNT)[0][0])

    assert await in_haste(folded.table, read, 0) == 100_000
    assert threads[0] == threading.get_ident()
    assert len(set(threads)) == 2


@IN_A_FILE
async def test_a_list_that_took_long_leaves_nothing_begun(folded: Folded) -> None:
    folded.take(*records(story().events))

    here = threading.get_ident()

    def begun() -> bool:
        if threading.get_ident() == here:
            folded.table.store.reader().execute("BEGIN")
        return bool(folded.table._read(EXECUTION_COUNT))

    assert await in_haste(folded.table, begun, 0)
    assert not folded.table.store.reader().in_transaction
    read = partial(folded.table.summaries, ExecutionFilter())
    assert [await in_haste(folded.table, read, 0) for _ in range(1_000)] == [read()] * 1_000


@IN_A_DATABASE
async def test_what_a_server_answers_is_read_by_a_thread(folded: Folded) -> None:
    assert await in_haste(folded.table, threading.get_ident, 60) != threading.get_ident()


async def test_a_later_read_is_not_held_to_the_time_of_an_earlier_one(folded: Folded) -> None:
    await in_haste(folded.table, partial(folded.table._read, EXECUTION_COUNT), 0)
    assert folded.table._read(EXECUTION_COUNT) == [(100_000,)]


async def test_a_read_that_fails_is_not_tried_again(folded: Folded) -> None:
    reads: list[int] = []

    def read() -> None:
        reads.append(1)
        folded.table._read("SELECT nothing")

    with pytest.raises(TableError):
        await in_haste(folded.table, read, 60)
    assert len(reads) == 1
