"""Of all processes that share the tables of a database, one projects."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from streams.table.postgresql.store import PostgresqlStore
from streams.table.writer import Rows, Writer
from tests.postgresql import schema
from tests.streams.table.log import PLACE, table_in
from tests.streams.table.processes import running, said

HOLDER = """
import sys
from streams.table.postgresql.store import PostgresqlStore

store = PostgresqlStore(sys.argv[1])
print(store.lock.acquire(), flush=True)
sys.stdin.read()
"""
"""A program that takes the lock, says whether it got it, and keeps it until it is killed."""

Stores = tuple[PostgresqlStore, PostgresqlStore]


@pytest.fixture
def stores(database: str) -> Iterator[Stores]:
    """Two who want the same lock."""
    stores = PostgresqlStore(database), PostgresqlStore(database)
    yield stores
    for store in stores:
        store.lock.release()
        store.close()


def end_session(store: PostgresqlStore) -> None:
    """Let the server end the session that holds the lock, as a lost connection does."""
    assert store.lock.session is not None
    pid = store.lock.session.info.backend_pid
    with closing(store.connect()) as connection:
        assert connection.execute("SELECT pg_terminate_backend(?, 10000)", (pid,)).fetchone()[0]


def test_the_lock_is_held_once(stores: Stores) -> None:
    first, second = stores
    assert (first.lock.acquire(), first.lock.held) == (True, True)
    assert (second.lock.acquire(), second.lock.held) == (False, False)


def test_a_released_lock_is_free(stores: Stores) -> None:
    first, second = stores
    first.lock.acquire()
    first.lock.release()
    assert second.lock.acquire()


def test_releasing_what_is_not_held_does_nothing(stores: Stores) -> None:
    first, second = stores
    first.lock.acquire()
    second.lock.release()
    assert not second.lock.acquire()


def test_the_lock_of_another_schema_is_another_one(stores: Stores, postgresql: str) -> None:
    stores[0].lock.acquire()
    with schema(postgresql) as elsewhere:
        other = PostgresqlStore(elsewhere)
        assert other.lock.acquire()
        other.lock.release()
        other.close()


def test_the_lock_falls_with_the_process_that_is_killed(stores: Stores, database: str) -> None:
    with running(HOLDER, database) as other:
        assert said(other) == "True"
        assert not stores[0].lock.acquire()
        other.kill()
        other.wait()
        # The server hears of it in a moment; the test's own time limit ends this.
        while not stores[0].lock.acquire():
            pass


def test_a_lock_that_was_lost_can_be_taken_again(stores: Stores) -> None:
    first, second = stores
    first.lock.acquire()
    end_session(first)
    assert second.lock.acquire()
    assert not first.lock.acquire()
    second.lock.release()
    while not first.lock.acquire():
        pass


def test_who_has_lost_the_lock_writes_nothing_more(database: str, stores: Stores) -> None:
    first, second = stores
    first.lock.acquire()
    with closing(Writer(first, "a-cluster")) as writer, closing(table_in(database)) as table:
        writer.write(Rows(), {PLACE: 1})
        end_session(first)
        assert second.lock.acquire()
        with pytest.raises(psycopg.OperationalError):
            writer.write(Rows(), {PLACE: 2})
        assert not first.lock.held
        assert table.position.offsets == {PLACE: 1}
