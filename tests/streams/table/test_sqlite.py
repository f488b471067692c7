"""The table's file: found, checked, and made anew where that is needed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from streams.table import schema
from streams.table.locks import ProjectionLock
from streams.table.sqlite import SqliteStore
from streams.table.store import FILE_NAME, Connection, TableDamaged, TableError
from streams.table.table import Table
from streams.table.writer import Writer
from tests.streams.table.log import PLACE, Folded, records, story


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table with one execution, closed."""
    folded = Folded(tmp_path)
    folded.take(*records(story().events))
    folded.close()
    return tmp_path / FILE_NAME


def damage(path: Path) -> None:
    """Overwrite everything but the header of a table's file."""
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"\xa5" * (path.stat().st_size - 200))


def sqlite_damage() -> sqlite3.DatabaseError:
    """Return what SQLite raises when it meets a page that makes no sense."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def set_version(path: Path, version: int) -> None:
    """Let a table be of another version."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    with closing(Table(tmp_path / "data" / "of" / FILE_NAME)) as table:
        assert table.execution("pexec-1") is None


def test_a_table_is_there_again_after_it_was_closed(path: Path) -> None:
    with closing(Table(path)) as table:
        assert table.execution("pexec-1") == story().execution


@pytest.mark.parametrize("spoil", [damage, lambda path: path.write_bytes(b"no table" * 1000)])
def test_a_damaged_file_is_set_aside_and_an_empty_one_made(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    with closing(Table(path)) as table:
        assert table.execution("pexec-1") is None
        assert table.position.offsets == {}
    assert path.with_name(FILE_NAME + ".damaged").exists()


def test_a_table_of_an_earlier_version_is_emptied(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE gaps")
    set_version(path, -1)
    with closing(Table(path)) as table:
        assert table.position.offsets == {}
        version = table.store.reader().execute("PRAGMA user_version").fetchone()[0]
    assert version == schema.VERSION


def test_a_table_of_a_later_version_is_left_alone(path: Path) -> None:
    set_version(path, schema.VERSION + 1)
    with pytest.raises(TableError, match="start the newer program"):
        Table(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM executions").fetchone() == (1,)


def test_a_damage_found_by_a_reader_is_told_and_remembered(path: Path) -> None:
    with closing(Table(path)) as table:
        damage(path)
        with pytest.raises(TableDamaged, match="rebuilds it from the log"):
            table.execution("pexec-1")
        assert table.store.damage is not None


def test_a_mended_table_is_empty_and_can_be_read_and_written(path: Path) -> None:
    with closing(Table(path)) as table:
        damage(path)
        with pytest.raises(TableDamaged):
            table.execution("pexec-1")
        table.store.make_usable()
        assert table.execution("pexec-1") is None
        assert table.store.damage is None
        with closing(Writer(table.store, "a-cluster")) as writer:
            assert writer.origins() == {}


def test_whoever_reads_while_a_damaged_table_is_replaced_is_told_of_the_damage(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    renew = SqliteStore.renew

    def read_first(store: SqliteStore, connection: Connection) -> None:
        with pytest.raises(TableDamaged, match="try again later"):
            table.execution("pexec-1")
        told.append(table.store.damage is not None)
        renew(store, connection)

    with closing(Table(path)) as table:
        damage(path)
        with pytest.raises(TableDamaged):
            table.execution("pexec-1")
        monkeypatch.setattr(SqliteStore, "renew", read_first)
        table.store.make_usable()
        assert told == [True]
        assert table.execution("pexec-1") is None


def test_a_damage_found_by_one_process_is_known_to_the_one_that_projects(path: Path) -> None:
    with closing(Table(path)) as here, closing(Table(path)) as there:
        damage(path)
        with pytest.raises(TableDamaged):
            here.execution("pexec-1")
        assert there.store.damage is not None
        there.store.make_usable()
        here.store.follow()
        assert here.store.damage is None


def test_a_file_that_was_found_damaged_is_replaced_at_the_next_start(path: Path) -> None:
    with closing(Table(path)) as table:
        table.store.error(sqlite_damage())
    with closing(Table(path)) as table:
        assert table.position.offsets == {}


def test_a_reader_follows_to_the_file_that_another_process_put_in_place(path: Path) -> None:
    with closing(Table(path)) as here, closing(Table(path)) as there:
        assert here.position.offsets == {PLACE: 6}
        there.store.error(sqlite_damage())
        there.store.make_usable()
        assert not here.store.in_place
        here.store.follow()
        assert here.store.in_place
        assert here.position.offsets == {}


def test_a_file_that_is_gone_is_made_anew(path: Path) -> None:
    with closing(Table(path)) as table:
        table.position  # noqa: B018 (opens the file)
        for part in path.parent.glob(FILE_NAME + "*"):
            part.unlink()
        assert not table.store.in_place
        table.store.make_usable()
        assert table.position.offsets == {}


def test_a_table_that_is_being_projected_can_be_opened(path: Path) -> None:
    lock = ProjectionLock(path.with_suffix(".lock"))
    lock.acquire()
    with closing(Table(path)) as table:
        assert table.execution("pexec-1") == story().execution
    lock.release()


def test_a_table_projected_by_an_earlier_version_is_not_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.table.sqlite.PREPARED_SECONDS", 0.0)
    set_version(path, -1)
    lock = ProjectionLock(path.with_suffix(".lock"))
    lock.acquire()
    with pytest.raises(TableError, match="an earlier version"):
        Table(path)
    lock.release()


def test_a_connection_for_reading_cannot_write(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.reader().execute("DELETE FROM executions")
    store.close()
