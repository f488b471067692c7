"""The table in a file: found, checked, and made anew where that is needed.

The file holds nothing that the log does not hold. So one that is damaged is moved aside and
one that an earlier version of the program wrote is emptied; the projection then reads the
log from its beginning. Both are said in a log line.
"""

import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import structlog

from streams.table import schema
from streams.table.locks import ProjectionLock
from streams.table.store import PREPARED_SECONDS, Connection, Lock, TableDamaged, TableError

log = structlog.get_logger(__name__)

_PAGE_BYTES = 8192
_CHECKPOINT_PAGES = 4_000  # 32 MiB: pages written often meanwhile go to the file once
_CACHE_KIBIBYTES = 64 << 10
# Up to this size the whole file is checked when it is opened (a second or two at worst). What
# is damaged in a larger one is found by whoever reads it, and treated in the same way then.
_CHECKED_BYTES_MAX = 256 << 20


class SqliteStore:
    """A table's file and the ways to open it. Raises TableError when it cannot be used."""

    errors: type[Exception] = sqlite3.DatabaseError

    def __init__(self, path: Path) -> None:
        """path: of the file; it and its directory are made when they are missing."""
        self.path = path
        self.name = str(path)
        self.lock_path = path.with_suffix(".lock")
        self.lock: Lock = ProjectionLock(self.lock_path)
        self._mark = path.with_name(path.name + ".damage")
        self._damage: str | None = None
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        # Raised, it lets every thread open the file anew, and close its own connection before.
        self._generation = 0
        self._identity: int | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._prepare()
        self._identity = path.stat().st_ino

    def connect(self, *, to_write: bool = False) -> sqlite3.Connection:
        """Open a connection; it may go from thread to thread, not be used by two at once."""
        try:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=10
            )
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = {-_CACHE_KIBIBYTES}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {2 * _CHECKPOINT_PAGES * _PAGE_BYTES}")
            if not to_write:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            raise self.error(error) from error
        return connection

    def reader(self) -> sqlite3.Connection:
        """Return this thread's connection for reading."""
        if getattr(self._readers, "generation", None) != self._generation:
            outdated = getattr(self._readers, "connection", None)
            if outdated is not None:
                outdated.close()
            self._readers.connection = self.connect()
            self._readers.generation = self._generation
            self._opened.append(self._readers.connection)
        connection: sqlite3.Connection = self._readers.connection
        return connection

    def close(self) -> None:
        """Close the connections for reading, of every thread."""
        self._generation += 1
        while self._opened:
            self._opened.pop().close()

    @property
    def damage(self) -> str | None:
        """What is wrong with the file, found by whoever read it, in any process; None: nothing."""
        if self._damage is None and self._mark.exists():
            self._damage = self._mark.read_text() or "damaged"
        return self._damage

    def version(self, reader: Connection) -> int:
        """Return what is another one whenever another connection has committed something."""
        return int(reader.execute("PRAGMA data_version").fetchone()[0])

    def is_of_rows(self, error: Exception) -> bool:
        """Tell an error that the rows brought about from one that any rows would meet."""
        of_rows = (sqlite3.DataError, sqlite3.IntegrityError)
        return isinstance(error, of_rows) or not isinstance(error, sqlite3.Error)

    def error(self, error: Exception) -> TableError:
        """Return what to raise for an error of SQLite, and remember a damage for the projection."""
        if _tells_damage(error):
            self._damage = str(error)
            # For another process to see. One that reads a file already replaced must not speak.
            if self.in_place:
                with suppress(OSError):
                    self._mark.write_text(self._damage)
            return TableDamaged(self.path, str(error))
        # Between the moment a damaged file is moved aside and that in which the new one has its
        # tables, a reader finds a file without any: the damage is still why.
        damage = self.damage
        if damage is not None:
            return TableDamaged(self.path, damage)
        return TableError(
            f"table {self.path} cannot be used: {error}; see that its directory can be "
            "written and has room"
        )

    def trouble(self) -> TableError | None:
        """Return what is wrong with the file, None when nothing is."""
        # Perhaps found by somebody who read the table here, in another thread.
        if self.damage is not None:
            return TableDamaged(self.path, self.damage)
        if not self.in_place:
            return TableError(f"table {self.path} has been deleted: it is rebuilt from the log")
        return None

    def follow(self) -> None:
        """Read from the file that is now there, if another process has put a new one in place."""
        identity = self.path.stat().st_ino if self.path.exists() else None
        if identity not in (self._identity, None):
            self._generation += 1
            self._identity = identity
            self._damage = None

    @property
    def in_place(self) -> bool:
        """Whether the file is still the one that this process opened."""
        return self.path.exists() and self.path.stat().st_ino == self._identity

    def make_usable(self) -> None:
        """See that a file is there, whole, with the tables. For the process that has the lock."""
        try:
            if self.damage is not None:
                raise TableDamaged(self.path, self.damage)
            self._check()
        except TableDamaged:
            self._set_aside(self.damage or "damaged")
            self._check()
        # Not before the new file can be read: until then, whoever reads is told of the damage.
        self._damage = None
        self._mark.unlink(missing_ok=True)
        identity = self.path.stat().st_ino
        if identity != self._identity:
            self._generation += 1
            self._identity = identity

    def renew(self, connection: Connection) -> None:
        """Make the tables anew, empty, in one transaction: other processes go on reading."""
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*schema.DROP, *schema.CREATE):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")

    def analyse(self, connection: Connection) -> None:
        """Let SQLite count, in samples, how far each index narrows a search."""
        connection.execute("PRAGMA analysis_limit = 400")
        connection.execute("ANALYZE")

    def _prepare(self) -> None:
        """See that the file is as this version needs it."""
        lock = ProjectionLock(self.lock_path)
        deadline = time.monotonic() + PREPARED_SECONDS
        while not lock.acquire():
            # Somebody projects. Then the file is right, or will be in a moment.
            try:
                with closing(self.connect()) as connection:
                    if self._version(connection) == schema.VERSION:
                        return
            except sqlite3.DatabaseError as error:
                raise self.error(error) from error
            if time.monotonic() > deadline:
                raise TableError(
                    f"table {self.path} is written by a process of an earlier version: "
                    "stop that process, then start this one again"
                )
            time.sleep(0.05)
        try:
            self.make_usable()
        finally:
            lock.release()

    def _check(self) -> None:
        with closing(self.connect(to_write=True)) as connection:
            try:
                if self.path.stat().st_size <= _CHECKED_BYTES_MAX:
                    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                    if verdict != "ok":
                        self._damage = verdict
                        raise TableDamaged(self.path, verdict)
                version = self._version(connection)
                if version != schema.VERSION:
                    if version:
                        log.warning(
                            "table of an earlier version is rebuilt from the log",
                            path=str(self.path),
                            version=version,
                            needed=schema.VERSION,
                        )
                    self.renew(connection)
            except sqlite3.DatabaseError as error:
                raise self.error(error) from error

    def _version(self, connection: sqlite3.Connection) -> int:
        """Return the version of the tables, 0 when they are not there."""
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > schema.VERSION:
            raise TableError(
                f"table {self.path} is of version {version}, this program knows {schema.VERSION}: "
                "start the newer program, or delete the file; it is rebuilt from the log"
            )
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        return version if names.issuperset(schema.TABLES) else 0

    def _set_aside(self, damage: str) -> None:
        """Move the file away, kept under one name for whoever wants to look into it."""
        self._generation += 1
        aside = self.path.with_name(self.path.name + ".damaged")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            kept = aside.with_name(aside.name + suffix)
            kept.unlink(missing_ok=True)
            if part.exists():
                part.rename(kept)
        log.error(
            "damaged table moved aside, it is rebuilt from the log",
            path=str(self.path),
            aside=str(aside),
            damage=damage,
        )


def _tells_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
