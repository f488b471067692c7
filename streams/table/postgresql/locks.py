"""The lock of a table in a database: of all processes that share it, one projects."""

from collections.abc import Callable

from streams.table.postgresql.connections import Session

# The lock is that of the schema: others in the same database have their own.
_TRY_LOCK = (
    "SELECT pg_try_advisory_lock("
    "hashtextextended('playbooks table ' || coalesce(current_schema(), ''), 0))"
)


class AdvisoryLock:
    """The lock of a table, held by a session of the database: it falls when that one ends."""

    def __init__(self, begin: Callable[[], Session]) -> None:
        """begin: begins a session that may write; it may raise psycopg.Error."""
        self._begin = begin
        self._asking: Session | None = None
        self.session: Session | None = None

    @property
    def held(self) -> bool:
        """Whether it is held here, as far as is known: a session may have ended unheard."""
        return self.session is not None and not self.session.closed

    def acquire(self) -> bool:
        """Take the lock if it is free; False: somebody else writes the table.

        Raises psycopg.Error when the server does not answer.
        """
        if self.session is not None:
            self.release()
        if self._asking is None or self._asking.closed:
            self._asking = self._begin()
        if self._asking.execute(_TRY_LOCK).fetchone() != (True,):
            return False
        self.session, self._asking = self._asking, None
        return True

    def release(self) -> None:
        """Let another process write; without effect when the lock is not held."""
        for session in (self.session, self._asking):
            if session is not None:
                session.close()
        self.session = self._asking = None
