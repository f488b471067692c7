"""Executions that have ended: that they have is remembered, so that none is started again.

A day of them may be tens of millions. They stand in a temporary file without a name, of which
SQLite keeps a little in memory: what a worker takes does not grow with them. Nothing is lost with
the file, which is made anew from ``execution-snapshots``.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from schemas.executions import Ended, Status
from streams.batches import StateError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_STATEMENTS = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -2048;
CREATE TABLE ended (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, status TEXT, completed_at INTEGER
);
"""


class TemporaryFileError(StateError):
    """There is no room for what has ended."""

    def __init__(self, reason: sqlite3.Error) -> None:
        super().__init__(
            f"executions that have ended cannot be remembered in a temporary file: {reason}; "
            "make room where temporary files stand, or name another directory by SQLITE_TMPDIR"
        )


class EndedExecutions:
    """What has ended, in that order. Raises TemporaryFileError."""

    def __init__(self) -> None:
        # Without a name: a file that exists for this connection alone, and from its first use on.
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(_STATEMENTS)

    def close(self) -> None:
        """Forget them all."""
        self._file.close()

    def get(self, execution_id: str) -> Ended | None:
        """Return the memory of one."""
        said = "SELECT status, completed_at FROM ended WHERE id = ?"
        with _told():
            for status, completed_at in self._file.execute(said, (execution_id,)):
                return Ended(execution_id, Status(status), _EPOCH + completed_at * _MICROSECOND)
        return None

    def remember(self, ended: Iterable[Ended]) -> None:
        """Note what has ended after all others."""
        rows = (
            (each.id, each.status, (each.completed_at - _EPOCH) // _MICROSECOND) for each in ended
        )
        with _told():
            self._file.execute("BEGIN")
            self._file.executemany(
                "INSERT OR REPLACE INTO ended (id, status, completed_at) VALUES (?, ?, ?)", rows
            )
            self._file.execute("COMMIT")

    def forget(self, until: datetime, most: int) -> list[str]:
        """Take out those that ended first, if by ``until``, and return their ids in order."""
        said = "SELECT number, id, completed_at FROM ended ORDER BY number LIMIT ?"
        latest = (until - _EPOCH) // _MICROSECOND
        forgotten: list[str] = []
        last = 0
        with _told():
            for number, execution_id, completed_at in self._file.execute(said, (most,)):
                if completed_at > latest:
                    break
                forgotten.append(execution_id)
                last = number
            if forgotten:
                self._file.execute("DELETE FROM ended WHERE number <= ?", (last,))
        return forgotten


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise TemporaryFileError(error) from error
