"""The table in a database of PostgreSQL: processes on several hosts share it.

One of them projects. What says which, and what that one writes, goes by one session of the
database: with the session the lock is lost, and nothing more can be written by it. So there are
never two who write, whatever happens to the network in between.

A database, or a schema of one, holds the table of one deployment and nothing else.
"""

import threading
import time
from typing import Any

import psycopg
import structlog
from psycopg import conninfo

from streams.table import schema
from streams.table.postgresql.connections import PostgresqlConnection, Session, connected
from streams.table.postgresql.locks import AdvisoryLock
from streams.table.store import PREPARED_SECONDS, Connection, TableError

log = structlog.get_logger(__name__)

_AWAY_SECONDS = 1.0
"""So long nobody waits for a server again that has just not been reached."""

_VERSION = "SELECT version FROM table_version"
_TABLES = (*schema.TABLES, "table_version")
_COUNT_TABLES = (
    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() "
    f"AND tablename IN ({', '.join(repr(name) for name in _TABLES)})"
)
# The id of no transaction is in two of these in the same place once it has committed.
_SNAPSHOT = "SELECT pg_current_snapshot()::text"


class PostgresqlStore:
    """The tables in a database. Raises TableError when they cannot be used."""

    errors: type[Exception] = psycopg.Error

    def __init__(self, address: str) -> None:
        """address: ``postgresql://user:password@host:port/database``, or as libpq takes it."""
        self._address = address
        self.name = _shown(address)
        self.lock = AdvisoryLock(lambda: self.session(to_write=True))
        self._readers = threading.local()
        self._opened: list[PostgresqlConnection] = []
        self._away: tuple[float, psycopg.Error] | None = None
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def connect(self, *, to_write: bool = False) -> PostgresqlConnection:
        """Open a connection; it may go from thread to thread, not be used by two at once.

        With the lock, the one that writes goes by the session that holds it.
        """
        if to_write and self.lock.session is not None:
            return PostgresqlConnection(self.lock.session, is_lent=True)
        try:
            return PostgresqlConnection(self.session(to_write=to_write))
        except psycopg.Error as error:
            raise self.error(error) from error

    def session(self, *, to_write: bool) -> Session:
        """Begin a session. Raises psycopg.Error."""
        if self._away is not None and time.monotonic() < self._away[0]:
            raise self._away[1]
        try:
            return connected(self._address, to_write=to_write)
        except psycopg.Error as error:
            # Each one waits until a host does not answer, in the thread of the loop, too.
            self._away = (time.monotonic() + _AWAY_SECONDS, error)
            raise

    def reader(self) -> PostgresqlConnection:
        """Return this thread's connection for reading; another one when the last has failed."""
        reader: PostgresqlConnection | None = getattr(self._readers, "connection", None)
        if reader is None or reader.closed:
            reader = self._readers.connection = self.connect()
            self._opened = [each for each in self._opened if not each.closed] + [reader]
        return reader

    def close(self) -> None:
        """Close the connections for reading, of every thread; another read opens a new one."""
        while self._opened:
            self._opened.pop().close()

    def version(self, reader: Connection) -> str:
        """Return what is another one whenever another connection has committed something."""
        version: str = reader.execute(_SNAPSHOT).fetchone()[0]
        return version

    def is_of_rows(self, error: Exception) -> bool:
        """Tell an error that the rows brought about from one that any rows would meet."""
        of_rows = (
            psycopg.DataError,
            psycopg.IntegrityError,
            psycopg.errors.ProgramLimitExceeded,  # a key too long for an index
        )
        return not isinstance(error, psycopg.Error) or isinstance(error, of_rows)

    def error(self, error: Exception) -> TableError:
        """Return what to raise for an error of the database."""
        says = "; ".join(str(error).strip().splitlines()[:1]) or type(error).__name__
        return TableError(
            f"table {self.name} cannot be used: {says}; see that the server runs and lets this "
            "user connect, read, write and create tables, and that PLAYBOOKS_TABLE says where it is"
        )

    def trouble(self) -> TableError | None:
        """Return what is wrong with the tables, None when nothing is. Raises psycopg.Error."""
        if _version(self.reader()):
            return None
        return TableError(f"tables of {self.name} have been dropped: rebuilt from the log")

    def follow(self) -> None:
        """Nothing to do: the tables are where they are."""

    def make_usable(self) -> None:
        """See that the tables are there, of this version. For the process that has the lock."""
        connection = self.connect(to_write=True)
        try:
            version = _version(connection)
            self._refuse_later(version)
            if version == schema.VERSION:
                return
            if version:
                log.warning(
                    "table of an earlier version is rebuilt from the log",
                    table=self.name,
                    version=version,
                    needed=schema.VERSION,
                )
            self.renew(connection)
        finally:
            connection.close()

    def renew(self, connection: Connection) -> None:
        """Make the tables anew, empty, in one transaction: until it ends, who reads waits."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in (*schema.DROP, *schema.CREATE):
                connection.execute(_own(statement))
            connection.execute("DROP TABLE IF EXISTS table_version")
            connection.execute("CREATE TABLE table_version (version INTEGER NOT NULL)")
            connection.execute("INSERT INTO table_version VALUES (?)", (schema.VERSION,))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def analyse(self, connection: Connection) -> None:
        """Let it count, in samples, how far each index narrows a search."""
        for table in schema.TABLES:
            connection.execute(f"ANALYZE {table}")

    def _prepare(self) -> None:
        """See that the tables are as this version needs them."""
        deadline = time.monotonic() + PREPARED_SECONDS
        try:
            connection = self.reader()
            encoding = str(connection.execute("SHOW server_encoding").fetchall()[0][0])
            if encoding != "UTF8":
                raise TableError(
                    f"table {self.name} cannot be used: the database is encoded in {encoding}; "
                    "create one with ENCODING 'UTF8'"
                )
            while not self.lock.acquire():
                # Somebody projects. Then the tables are right, or will be in a moment.
                version = _version(connection)
                self._refuse_later(version)
                if version == schema.VERSION:
                    return
                if time.monotonic() > deadline:
                    raise TableError(
                        f"table {self.name} is written by a process of an earlier version: "
                        "stop that process, then start this one again"
                    )
                time.sleep(0.05)
            self.make_usable()
        except psycopg.Error as error:
            raise self.error(error) from error
        finally:
            self.lock.release()

    def _refuse_later(self, version: int) -> None:
        if version > schema.VERSION:
            raise TableError(
                f"table {self.name} is of version {version}, this program knows {schema.VERSION}: "
                "start the newer program, or drop its tables; they are rebuilt from the log"
            )


def is_there(address: str) -> bool:
    """Tell whether somebody has made the tables in a database. Raises TableError."""
    try:
        connection = PostgresqlConnection(connected(address, to_write=False))
    except psycopg.Error as error:
        raise TableError(f"table {_shown(address)} cannot be reached: {error}") from error
    try:
        return _version(connection) > 0
    finally:
        connection.close()


def _version(connection: Connection) -> int:
    """Return the version of the tables, 0 when they are not there."""
    if connection.execute(_COUNT_TABLES).fetchone() != (len(_TABLES),):
        return 0
    row = connection.execute(_VERSION).fetchone()
    return 0 if row is None else int(row[0])


def _own(statement: str) -> str:
    """Return a statement that makes a table as this database takes it.

    Text sorts by its characters, as in SQLite and in Python, whatever the language of the database.
    """
    for here, there in (
        (" BLOB", " BYTEA"),
        (" TEXT", ' TEXT COLLATE "C"'),
        (" INTEGER PRIMARY KEY", " BIGINT PRIMARY KEY"),
    ):
        statement = statement.replace(here, there)
    return statement


def _shown(address: str) -> str:
    """Return an address without what is secret in it. Raises TableError when it is none."""
    try:
        parts: dict[str, Any] = conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # What libpq says has the whole address in it.
        raise TableError(
            "PLAYBOOKS_TABLE cannot be read as an address: write "
            "postgresql://user:password@host:5432/database, with % for what has a meaning there"
        ) from None
    host, port = parts.get("host") or "localhost", parts.get("port") or 5432
    return f"postgresql://{host}:{port}/{parts.get('dbname') or parts.get('user') or ''}"
