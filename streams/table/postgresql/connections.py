"""Connections to PostgreSQL, by psycopg, as the rest of the table is used to them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import psycopg
from psycopg import conninfo
from psycopg.adapt import Buffer
from psycopg.types.string import StrDumper, TextLoader

Session: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# A host that is gone says nothing: after some ten seconds both sides take the session for ended,
# here and, of the one that holds the lock, there. Whoever says otherwise in the address is heard.
_PARAMETERS: dict[str, str | int] = {
    "client_encoding": "UTF8",
    "application_name": "playbooks",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_ALIVE_THERE = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
)
# A crash of the server may then lose the last moments, rows and offsets alike, as one of SQLite's
# host may; they are read from the log again.
_WRITING = (*_ALIVE_THERE, "SET synchronous_commit = off")
_READING = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
)

_MARK = "\x1a"
"""Begins what stands for U+0000, which JSON has and PostgreSQL's text has not, or for itself."""


class PostgresqlConnection:
    """A session as a ``Connection``: values stand as ``?``, and what is read is read as bytes."""

    def __init__(self, session: Session, *, is_lent: bool = False) -> None:
        """is_lent: somebody else closes the session."""
        self._session = session
        self._is_lent = is_lent

    @property
    def closed(self) -> bool:
        """Whether the session has ended, as far as is known here."""
        return self._session.closed

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        status = self._session.info.transaction_status
        known = (psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR)
        return status in known

    def execute(self, query: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute a statement. Raises psycopg.Error."""
        return self._session.execute(_translated(query), values, binary=True)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Execute a statement once for each row of values. Raises psycopg.Error."""
        with self._session.cursor() as cursor:
            cursor.executemany(_translated(query), rows)

    def close(self) -> None:
        """Close it; a transaction that has not been committed leaves nothing behind."""
        if not self._is_lent:
            self._session.close()


class _Dumper(StrDumper):
    """Writes text that has U+0000 in it."""

    def dump(self, obj: str) -> Buffer | None:
        if _MARK in obj or "\0" in obj:
            obj = obj.replace(_MARK, f"{_MARK}s").replace("\0", f"{_MARK}0")
        return super().dump(obj)


class _Loader(TextLoader):
    """Reads what ``_Dumper`` has written."""

    format = psycopg.pq.Format.BINARY

    def load(self, data: Buffer) -> bytes | str:
        text = super().load(data)
        if isinstance(text, str) and _MARK in text:
            text = text.replace(f"{_MARK}0", "\0").replace(f"{_MARK}s", _MARK)
        return text


def connected(address: str, *, to_write: bool) -> Session:
    """Begin a session with the server at an address. Raises psycopg.Error."""
    said = conninfo.conninfo_to_dict(address)
    unsaid = {name: value for name, value in _PARAMETERS.items() if name not in said}
    session: Session = psycopg.connect(conninfo.make_conninfo(address, **unsaid), autocommit=True)
    session.adapters.register_dumper(str, _Dumper)
    session.adapters.register_loader("text", _Loader)
    try:
        for statement in _WRITING if to_write else _READING:
            session.execute(statement.encode())
    except BaseException:
        session.close()
        raise
    return session


@lru_cache(maxsize=512)
def _translated(query: str) -> bytes:
    """Return a statement as this database takes it."""
    return query.replace("BEGIN IMMEDIATE", "BEGIN").replace("?", "%s").encode()
