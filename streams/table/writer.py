"""The connection that writes: rows, and the offsets they came from, in one transaction.

Used by the folding, in the one thread that writes, of the one process that projects.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from streams.table import states, tallies
from streams.table.rows import (
    APPROVAL_COLUMNS,
    EVENT_COLUMNS,
    EXECUTION_COLUMNS,
    REJECTION_COLUMNS,
    Row,
    microseconds,
)
from streams.table.states import STATE_COLUMNS, Known
from streams.table.store import Connection, Store


def _insert(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _updates(columns: Iterable[str]) -> str:
    return ", ".join(f"{column} = excluded.{column}" for column in columns)


_EXECUTIONS = (
    f"{_insert('executions', (*EXECUTION_COLUMNS, 'number'))} "
    f"ON CONFLICT (execution_id) DO UPDATE SET {_updates(EXECUTION_COLUMNS[1:])}"
)
# What most events change, and what no index has to do with.
_PROGRESSED = "UPDATE executions SET sequence = ?, summary = ? WHERE execution_id = ?"
_STATES = (
    f"{_insert('states', (*STATE_COLUMNS, 'number'))} "
    f"ON CONFLICT (number) DO UPDATE SET {_updates(STATE_COLUMNS)}"
)
_APPROVALS = _insert("approvals", APPROVAL_COLUMNS)
_EVENTS = (
    f"{_insert('events', (*EVENT_COLUMNS, 'number'))} ON CONFLICT (number, sequence) DO NOTHING"
)
# A command is refused once; told again, the first telling stands.
_REJECTIONS = f"{_insert('rejections', REJECTION_COLUMNS)} ON CONFLICT (command_id) DO NOTHING"
_GAPS = (
    f"{_insert('gaps', ('execution_id', 'number', 'sequence', 'reason'))} "
    f"ON CONFLICT (execution_id) DO UPDATE SET {_updates(('sequence', 'reason'))}"
)
_OFFSETS = (
    f"{_insert('offsets', ('topic', 'partition', 'cluster_id', 'next_offset', 'current_at'))} "
    "ON CONFLICT (topic, partition) DO UPDATE SET cluster_id = excluded.cluster_id, "
    "next_offset = excluded.next_offset, "
    "current_at = COALESCE(excluded.current_at, offsets.current_at)"
)
EVENTS_FROM = "SELECT value FROM events WHERE number = ? AND sequence >= ? ORDER BY sequence"
LAST_NUMBER = (
    "SELECT COALESCE(MAX(number), 0) FROM (SELECT MAX(number) AS number FROM executions "
    "UNION ALL SELECT MAX(number) FROM gaps) AS highest"
)


@dataclass
class Rows:
    """What one transaction writes.

    executions, states, events: as ``rows.py`` and ``states.py`` have them, and behind that the
    number of the execution: the one it has, or one that is higher than all there are.
    progressed: (sequence, summary, execution id) of executions that are there already, and of
    which no other column changes. approvals: every one of each of the executions and of those
    that progressed, those from before are taken away. gaps: (execution id, number, sequence,
    reason). healed: execution ids.
    """

    executions: list[Row] = field(default_factory=list)
    progressed: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    approvals: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    rejections: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)


class Gap(NamedTuple):
    """Where an execution stands still: its number, and that of the event that is missing."""

    number: int
    sequence: int


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

    def executions(self, execution_ids: Collection[str]) -> dict[str, Known]:
        """Return those of these executions that the table knows, by their ids."""
        found = states.stored(self._connection, execution_ids)
        return {id: Known(each.number, each.execution()) for id, each in found.items()}

    def last_number(self) -> int:
        """Return the highest number that an execution has, 0 when there is none."""
        return int(self._connection.execute(LAST_NUMBER).fetchone()[0])

    def events_from(self, number: int, sequence: int) -> list[bytes]:
        """Return the values of the events of an execution from its event ``sequence`` on."""
        return [value for (value,) in self._connection.execute(EVENTS_FROM, (number, sequence))]

    def gaps(self) -> dict[str, Gap]:
        """Return where executions stand still, by their ids."""
        rows = self._connection.execute("SELECT execution_id, number, sequence FROM gaps")
        return {execution_id: Gap(*gap) for execution_id, *gap in rows}

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
