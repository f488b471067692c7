"""The store of a table: what holds its rows, and all that one kind has other than the other.

    sqlite.py       a file in the data directory: nothing to set up, for one host
    postgresql      a database, for processes on several hosts

What else is in this package speaks SQL that both take, by connections of one shape. It knows no
kind: which one it is, is said by the settings (``opening.py``).
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

FILE_NAME = "table.sqlite"
"""The name of SQLite's file in the data directory."""

PREPARED_SECONDS = 10.0
"""How long a table of another version is waited for while another process projects."""


class TableError(Exception):
    """The table cannot be used as it is."""


class TableDamaged(TableError):
    """The table's file is damaged."""

    def __init__(self, path: Path, damage: str) -> None:
        super().__init__(
            f"table {path} is damaged ({damage}): the process that projects moves it aside "
            "and rebuilds it from the log; try again later, or delete the file"
        )


class Cursor(Protocol):
    """What a statement has led to."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement has changed."""

    def fetchone(self) -> Any:
        """Return the next row, None behind the last."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection: ``sqlite3.Connection``, or what behaves like it. Values stand as ``?``.

    Each statement is a transaction of its own, unless ``BEGIN`` came before it, or ``BEGIN
    IMMEDIATE`` of one that writes.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Execute a statement."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Execute a statement once for each row of values."""

    def close(self) -> None:
        """Close it; a transaction that has not been committed leaves nothing behind."""


class Lock(Protocol):
    """The lock of a table: of all processes that share it, the one that holds it projects.

    It falls with the process, however that ends.
    """

    @property
    def held(self) -> bool:
        """Whether it is held here. It may be lost where the store is not on this host."""

    def acquire(self) -> bool:
        """Take the lock if it is free; False: somebody else writes the table."""

    def release(self) -> None:
        """Let another process write; without effect when the lock is not held."""


class Store(Protocol):
    """Where the rows of a table are. Raises TableError when it cannot be used.

    name: as it is told to people. errors: what its connections raise. lock: of this process.
    """

    name: str
    errors: type[Exception]
    lock: Lock

    def connect(self, *, to_write: bool = False) -> Connection:
        """Open a connection; it may go from thread to thread, not be used by two at once."""

    def reader(self) -> Connection:
        """Return this thread's connection for reading."""

    def close(self) -> None:
        """Close the connections for reading, of every thread; another read opens a new one."""

    def version(self, reader: Connection) -> Hashable:
        """Return what is another one whenever another connection has committed something."""

    def error(self, error: Exception) -> TableError:
        """Return what to raise for an error of a connection."""

    def is_of_rows(self, error: Exception) -> bool:
        """Tell an error that the rows brought about from one that any rows would meet."""

    def trouble(self) -> TableError | None:
        """Return what is wrong with it for whoever projects, None when nothing is.

        ``make_usable`` mends it.
        """

    def follow(self) -> None:
        """Read from where the table is now, if another process has put it in another place."""

    def make_usable(self) -> None:
        """See that it is there, whole, with the tables. For the process that has the lock."""

    def renew(self, connection: Connection) -> None:
        """Make the tables anew, empty, in one transaction: other processes go on reading."""

    def analyse(self, connection: Connection) -> None:
        """Let it count, in samples, how far each index narrows a search."""
