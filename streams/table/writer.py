"""The connection that writes: rows, and the offsets they came from, in one transaction.

Used by the folding, in the one thread that writes, of the one process that projects.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from schemas.executions import Execution
from streams.table import states, tallies
from streams.table.rows import (
    APPROVAL_COLUMNS,
    EVENT_COLUMNS,
    EXECUTION_COLUMNS,
    REJECTION_COLUMNS,
    Row,
    microseconds,
)
from streams.table.states import STATE_COLUMNS
from streams.table.store import Connection, Store


def _insert(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _updates(columns: Iterable[str]) -> str:
    return ", ".join(f"{column} = excluded.{column}" for column in columns)


_EXECUTIONS = (
    f"{_insert('executions', EXECUTION_COLUMNS)} "
    f"ON CONFLICT (execution_id) DO UPDATE SET {_updates(EXECUTION_COLUMNS[1:])}"
)
# What most events change, and what no index has to do with.
_PROGRESSED = "UPDATE executions SET sequence = ?, summary = ? WHERE execution_id = ?"
_STATES = (
    f"{_insert('states', STATE_COLUMNS)} "
    f"ON CONFLICT (execution_id) DO UPDATE SET {_updates(STATE_COLUMNS[1:])}"
)
_APPROVALS = _insert("approvals", APPROVAL_COLUMNS)
_EVENTS = f"{_insert('events', EVENT_COLUMNS)} ON CONFLICT (execution_id, sequence) DO NOTHING"
# A command is refused once; told again, the first telling stands.
_REJECTIONS = f"{_insert('rejections', REJECTION_COLUMNS)} ON CONFLICT (command_id) DO NOTHING"
_GAPS = (
    f"{_insert('gaps', ('execution_id', 'sequence', 'reason'))} "
    f"ON CONFLICT (execution_id) DO UPDATE SET {_updates(('sequence', 'reason'))}"
)
_OFFSETS = (
    f"{_insert('offsets', ('topic', 'partition', 'cluster_id', 'next_offset', 'current_at'))} "
    "ON CONFLICT (topic, partition) DO UPDATE SET cluster_id = excluded.cluster_id, "
    "next_offset = excluded.next_offset, "
    "current_at = COALESCE(excluded.current_at, offsets.current_at)"
)


@dataclass
class Rows:
    """What one transaction writes.

    progressed: (sequence, summary, execution id) of executions that are there already, and of
    which no other column changes. approvals: every one of each of the executions and of those
    that progressed, those from before are taken away. gaps: (execution id, sequence, reason).
    healed: execution ids.
    """

    executions: list[Row] = field(default_factory=list)
    progressed: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    approvals: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    rejections: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)


class Writer:
    """Writes the tables of a store.

    Raises what the store does (``Store.errors``), and nothing was written then.
    """

    def __init__(self, store: Store, cluster_id: str) -> None:
        """cluster_id: of the Kafka cluster whose log the offsets are positions in."""
        self.store = store
        self._cluster_id = cluster_id
        self._connection: Connection = store.connect(to_write=True)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def executions(self, execution_ids: Collection[str]) -> Iterable[Execution]:
        """Return those of these executions that the table knows."""
        return states.executions(self._connection, execution_ids)

    def events_from(self, execution_id: str, sequence: int) -> list[bytes]:
        """Return the values of an execution's events from number ``sequence`` on."""
        query = (
            "SELECT value FROM events WHERE execution_id = ? AND sequence >= ? ORDER BY sequence"
        )
        return [value for (value,) in self._connection.execute(query, (execution_id, sequence))]

    def gaps(self) -> dict[str, int]:
        """Return the executions that cannot be folded on, with the number of the missing event."""
        return dict(self._connection.execute("SELECT execution_id, sequence FROM gaps").fetchall())

    def origins(self) -> dict[TopicPartition, tuple[str, int]]:
        """Return, per partition that was ever read, the cluster's id and the next offset."""
        return stored_origins(self._connection)

    def write(
        self,
        rows: Rows,
        offsets: Mapping[TopicPartition, int],
        current_at: datetime | None = None,
    ) -> None:
        """Write everything or nothing.

        offsets: the next one to be read of each partition. current_at: when they were the
        ends of the partitions; None: they were not, or nobody asked.
        """
        at = None if current_at is None else microseconds(current_at)
        places: list[tuple[Any, ...]] = [
            (place.topic, place.partition, self._cluster_id, offset, at)
            for place, offset in offsets.items()
        ]
        with self.transaction() as connection:
            _write_executions(connection, rows)
            connection.executemany(_STATES, rows.states)
            connection.executemany(_EVENTS, rows.events)
            connection.executemany(_REJECTIONS, rows.rejections)
            connection.executemany(_GAPS, rows.gaps)
            connection.executemany(
                "DELETE FROM gaps WHERE execution_id = ?", [(healed,) for healed in rows.healed]
            )
            connection.executemany(_OFFSETS, places)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give the connection; what is done with it in the block is done whole, or not at all."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def empty(self) -> None:
        """Take every row away: the log is to be read again from its beginning."""
        self.store.renew(self._connection)

    def analyse(self) -> None:
        """Let the store count, in samples, how far each index narrows a search."""
        self.store.analyse(self._connection)


def _write_executions(connection: Connection, rows: Rows) -> None:
    """Write executions, and what is kept of them besides: who is waited for, and how many."""
    if rows.executions:
        before = tallies.there(connection, [row[0] for row in rows.executions])
        connection.executemany(_EXECUTIONS, rows.executions)
        tallies.write(connection, tallies.added(rows.executions), before)
    connection.executemany(_PROGRESSED, rows.progressed)
    changed = [row[:1] for row in rows.executions] + [row[2:] for row in rows.progressed]
    connection.executemany("DELETE FROM approvals WHERE execution_id = ?", changed)
    connection.executemany(_APPROVALS, rows.approvals)


def stored_origins(connection: Connection) -> dict[TopicPartition, tuple[str, int]]:
    """Return, per partition that was ever read, the cluster's id and the next offset."""
    query = "SELECT topic, partition, cluster_id, next_offset FROM offsets"
    return {
        TopicPartition(topic, partition): (cluster_id, next_offset)
        for topic, partition, cluster_id, next_offset in connection.execute(query)
    }
