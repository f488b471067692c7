"""The tables in a database: made, made anew, refused, and read again after a trouble."""

import builtins
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from streams.settings import load
from streams.table import opening, schema
from streams.table.store import TableError
from tests.streams.table.log import PLACE, Folded, records, story, table_in


@pytest.fixture
def folded(database: str) -> Iterator[Folded]:
    """A table with one execution."""
    folded = Folded(database)
    folded.take(*records(story().events))
    yield folded
    folded.close()


def change(folded: Folded, statement: str, *values: Any) -> None:
    """Change what stands in the database behind everybody's back."""
    with closing(folded.table.store.connect(to_write=True)) as connection:
        connection.execute(statement, values)


def set_version(folded: Folded, version: int) -> None:
    change(folded, "UPDATE table_version SET version = ?", version)


def test_a_table_is_there_again_after_it_was_closed(folded: Folded) -> None:
    with closing(table_in(folded.place)) as table:
        assert table.execution("pexec-1") == story().execution


def test_a_table_of_an_earlier_version_is_emptied(folded: Folded) -> None:
    change(folded, "DROP TABLE gaps")
    set_version(folded, 1)
    with closing(table_in(folded.place)) as table:
        assert table.position.offsets == {}


def test_a_table_of_a_later_version_is_left_alone(folded: Folded) -> None:
    set_version(folded, schema.VERSION + 1)
    with pytest.raises(TableError, match="start the newer program"):
        table_in(folded.place)
    set_version(folded, schema.VERSION)
    assert folded.table.execution("pexec-1") is not None


def test_a_table_projected_by_an_earlier_version_is_not_opened(
    folded: Folded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.table.postgresql.store.PREPARED_SECONDS", 0.0)
    assert folded.table.store.lock.acquire()
    set_version(folded, 1)
    with pytest.raises(TableError, match="an earlier version"):
        table_in(folded.place)
    folded.table.store.lock.release()


def test_tables_that_were_dropped_are_missed_and_made_anew(folded: Folded) -> None:
    change(folded, "DROP TABLE executions")
    with pytest.raises(TableError, match="cannot be used"):
        folded.table.execution("pexec-1")
    assert folded.table.store.trouble() is not None
    folded.table.store.make_usable()
    assert folded.table.store.trouble() is None
    assert folded.table.position.offsets == {}


def test_a_connection_for_reading_cannot_write(folded: Folded) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        folded.table.store.reader().execute("DELETE FROM executions")


def test_a_reader_whose_session_has_ended_gets_another_one(folded: Folded) -> None:
    [pid] = folded.table.store.reader().execute("SELECT pg_backend_pid()").fetchone()
    change(folded, "SELECT pg_terminate_backend(?, 10000)", pid)
    with pytest.raises(TableError, match="cannot be used"):
        folded.table.execution("pexec-1")
    assert folded.table.execution("pexec-1") == story().execution


def test_what_cannot_be_stored_spoils_nothing_but_itself(folded: Folded) -> None:
    endless = "".join(f"{number:x}" for number in range(10_000))
    events = [*story(endless).events, *story("pexec-2").events]
    folded.take(*records(events, 6))
    assert folded.folding.counts.unreadable == 6
    assert folded.table.execution("pexec-2") == story("pexec-2").execution
    assert folded.table.position.offsets == {PLACE: 18}


def test_what_a_table_has_is_found_without_making_one(database: str, tmp_path: Path) -> None:
    settings = load(table=database, data_dir=tmp_path)
    assert opening.found(settings) is None
    opening.opened(settings).close()
    found = opening.found(settings)
    assert found is not None
    found.close()


def test_a_server_that_is_away_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        opening.opened(load(table=f"postgresql://me:secret@/playbooks?host={tmp_path}"))
    assert "PLAYBOOKS_TABLE" in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["postgresql://me:se#cret@host:x:y/d", "postgresql://[secret"])
def test_what_is_no_address_is_not_repeated(address: str) -> None:
    with pytest.raises(TableError) as refused:
        opening.opened(load(table=address))
    assert "PLAYBOOKS_TABLE" in str(refused.value)
    assert "cret" not in str(refused.value)


def test_a_password_is_in_no_text_of_the_settings() -> None:
    assert "hunter2" not in repr(load(table="postgresql://me:hunter2@host/database"))


def test_without_its_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "psycopg":
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest)

    for name in ("store", "connections", "locks"):
        monkeypatch.delitem(__import__("sys").modules, f"streams.table.postgresql.{name}")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TableError, match=r"pip install 'playbook-streams\[postgresql\]'"):
        opening.opened(load(table="postgresql://host/database"))


def test_a_database_of_another_encoding_is_refused(postgresql: str) -> None:
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            with pytest.raises(TableError, match="encoded in LATIN1"):
                table_in(make_conninfo(postgresql, dbname=name))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
