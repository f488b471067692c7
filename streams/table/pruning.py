"""Pruning: what has ended long ago leaves the table, a little at a time.

For the one thread that writes, between two batches of the log: each step takes some
milliseconds, readers are never in its way, and the projection hardly notices. What is open stays,
however old it is. The file does not shrink; what comes next takes the room.
"""

from collections import Counter
from datetime import datetime, timedelta

import structlog

from streams.table import tallies
from streams.table.rows import microseconds, moment
from streams.table.store import Connection
from streams.table.writer import Writer

log = structlog.get_logger(__name__)

STEP_MAX = 100
"""Executions of a step. Each has some ten events, and each of these its place in an index."""

PAUSE_SECONDS = 60.0
"""How long nothing is looked for once nothing was found."""

_ENDED = (
    "SELECT execution_id, number FROM executions "
    "WHERE completed_at < ? ORDER BY completed_at LIMIT ?"
)
_BY_ID = ("approvals", "gaps")
_BY_NUMBER = ("states", "events", "executions")
_REJECTIONS = (
    "DELETE FROM rejections WHERE command_id IN "
    "(SELECT command_id FROM rejections WHERE at < ? ORDER BY at LIMIT ?)"
)
_PRUNED = "SELECT pruned_before FROM retention WHERE id = 1"
_MARK = (
    "INSERT INTO retention (id, pruned_before) VALUES (1, ?) "
    "ON CONFLICT (id) DO UPDATE SET pruned_before = excluded.pruned_before "
    "WHERE excluded.pruned_before > retention.pruned_before"
)


class Pruning:
    """Removes what ended, or was refused, longer ago than ``retention``; zero: nothing."""

    def __init__(self, writer: Writer, retention: timedelta, step_max: int = STEP_MAX) -> None:
        self._writer = writer
        self._retention = retention
        self._step_max = step_max
        self._removed = 0
        self._looked_at: float | None = None

    def is_due(self, now: float) -> bool:
        """Tell whether there may be something to remove. now: seconds of a steady clock."""
        looked_at = self._looked_at
        pauses = looked_at is not None and now - looked_at < PAUSE_SECONDS
        return bool(self._retention) and not pauses

    def step(self, at: datetime, now: float) -> int:
        """Remove some, and return how many executions and rejections that were. at: now.

        Raises what the store does; nothing was removed then.
        """
        removed = prune(self._writer, at - self._retention, self._step_max)
        self._removed += removed
        if not removed:
            self._looked_at = now
            if self._removed:
                log.info("table pruned", removed=self._removed)
            self._removed = 0
        return removed


def prune(writer: Writer, before: datetime, at_most: int) -> int:
    """Remove as many executions that ended ``before``, and as many rejections; return the sum."""
    limit = microseconds(before)
    with writer.transaction() as connection:
        ended = connection.execute(_ENDED, (limit, at_most)).fetchall()
        ids, numbers = [id for id, _ in ended], [number for _, number in ended]
        if ended:
            tallies.write(connection, Counter(), tallies.there(connection, ids))
            marks = ", ".join("?" * len(ended))
            for table in _BY_ID:
                connection.execute(f"DELETE FROM {table} WHERE execution_id IN ({marks})", ids)
            for table in _BY_NUMBER:
                connection.execute(f"DELETE FROM {table} WHERE number IN ({marks})", numbers)
        rejections = connection.execute(_REJECTIONS, (limit, at_most)).rowcount
        if ended or rejections:
            connection.execute(_MARK, (limit,))
    return len(ended) + rejections


def pruned_before(connection: Connection) -> datetime | None:
    """Return the time before which what had ended may be gone; None: all is there."""
    row = connection.execute(_PRUNED).fetchone()
    return None if row is None else moment(row[0])
