"""The comparison of the log with the rows of a table, for ``streams/verification.py``.

What is on the log is looked up in the table as it is read; what the table has beyond that is
looked for at the end. In memory there is a history for each execution, and no events.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import TopicPartition
from pydantic import ValidationError

from engine import snapshots
from schemas.events import Event
from schemas.executions import Execution
from streams import codecs
from streams.causes import Causes
from streams.histories import Fault, History
from streams.table import states, tallies
from streams.table.differences import MISSING, differences, shown
from streams.table.folding import Record
from streams.table.pruning import pruned_before
from streams.table.queries import OF_EXECUTION
from streams.table.rows import (
    APPROVAL_COLUMNS,
    EVENT_COLUMNS,
    EXECUTION_COLUMNS,
    approval_rows,
    event_row,
    execution_row,
    moment,
)
from streams.table.store import Connection

Note = Callable[[str, Iterable[Fault]], None]
"""Takes what is wrong with an execution: its id, empty where a record names none."""

_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM events WHERE {OF_EXECUTION} AND sequence = ?"
_EXECUTION = f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions WHERE execution_id = ?"
_APPROVALS = (
    f"SELECT {', '.join(APPROVAL_COLUMNS)} FROM approvals WHERE execution_id = ? ORDER BY step_id"
)
_REJECTION = "SELECT 1 FROM rejections WHERE command_id = ?"
_IS_THERE = (
    "SELECT EXISTS (SELECT 1 FROM executions WHERE execution_id = ?) "
    "OR EXISTS (SELECT 1 FROM gaps WHERE execution_id = ?)"
)
_COUNT = f"SELECT COUNT(*) FROM events WHERE {OF_EXECUTION}"
_SEQUENCES = f"SELECT sequence FROM events WHERE {OF_EXECUTION} ORDER BY sequence"
_IDS = (
    "SELECT execution_id, (SELECT MAX(at) FROM events WHERE number = ids.number) "
    "FROM (SELECT execution_id, number FROM executions "
    "UNION SELECT execution_id, number FROM gaps "
    "UNION SELECT a.execution_id, e.number FROM approvals AS a "
    "LEFT JOIN executions AS e ON e.execution_id = a.execution_id) AS ids"
)
_NUMBERED = ("events", "states")
_ORPHANS = (
    "SELECT number FROM (SELECT DISTINCT number FROM {table}) AS numbered "
    "WHERE NOT EXISTS (SELECT 1 FROM executions WHERE number = numbered.number) "
    "AND NOT EXISTS (SELECT 1 FROM gaps WHERE number = numbered.number)"
)


@dataclass
class Comparison:
    """Tells ``note`` where table and log differ.

    rows: a connection to one state of the table. truncated: the partitions of the log whose
    beginning retention has removed. causes: the commands, by partition. pruned: executions that
    are on the log, and that retention has removed from the table (``streams/table/pruning.py``).
    """

    rows: Connection
    note: Note
    events_topic: str
    truncated: frozenset[TopicPartition]
    causes: Mapping[int, Causes]
    events: int = 0
    pruned: int = 0
    histories: dict[str, History] = field(default_factory=dict)
    _kept_since: dict[TopicPartition, datetime] = field(default_factory=dict)
    _pruned_before: datetime | None = field(init=False)
    _absent: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._pruned_before = pruned_before(self.rows)

    def take(self, records: Sequence[Record]) -> None:
        """Compare some records, those of a partition in order."""
        for record in records:
            try:
                if record.topic == self.events_topic:
                    event = codecs.decode_event(record.value or b"")
                else:
                    self._take_rejection(record.value or b"")
                    continue
            except ValidationError as error:
                where = f"offset {record.offset} of {record.topic}/{record.partition}"
                self.note("", [Fault(where, "a record that can be read", shown(str(error)))])
                continue
            self._take_event(event, record)

    def finish(self) -> None:
        """Compare what only the end of the log decides."""
        for execution_id, history in self.histories.items():
            self.note(execution_id, history.missing())
            if not history.ended:
                self._compare_execution(execution_id, history)
            self._compare_count(execution_id, history)
        if Counter(self.rows.execute(tallies.DERIVED)) != Counter(
            self.rows.execute(tallies.STORED)
        ):
            self.note("", [Fault("tallies", "as many as there are rows", "other numbers")])
        for table in _NUMBERED:
            for (number,) in self.rows.execute(_ORPHANS.format(table=table)):
                what = f"{table} of number {number}"
                self.note("", [Fault(what, "an execution that has this number", MISSING)])
        horizon = self._horizon()
        for execution_id, at in self.rows.execute(_IDS):
            if execution_id in self.histories:
                continue
            if horizon is None or at is None or moment(at) > horizon:
                self.note(
                    execution_id, [Fault("execution", "not there: it is not on the log", "a row")]
                )

    def _take_rejection(self, value: bytes) -> None:
        rejection = codecs.decode_rejection(value)
        is_there = self.rows.execute(_REJECTION, (rejection.command_id,)).fetchone() is not None
        if not is_there and not self._may_be_pruned(rejection.at):
            what = f"rejection of {rejection.command_id}"
            self.note(rejection.execution_id, [Fault(what, rejection.code, MISSING)])

    def _take_event(self, event: Event, record: Record) -> None:
        self.events += 1
        place = TopicPartition(record.topic, record.partition)
        if place in self.truncated:
            self._kept_since.setdefault(place, event.at)
        history = self.histories.get(event.execution_id)
        if history is None:
            is_cut = event.sequence > 1 and place in self.truncated
            first = event.sequence if is_cut else 1
            history = self.histories[event.execution_id] = History(
                self.causes[place.partition], first, first
            )
            self._look_for(event.execution_id)
        is_double = history.has(event.sequence)
        had_ended = history.ended
        self.note(event.execution_id, history.take(event))
        if not is_double and event.execution_id not in self._absent:
            expected = event_row(event, record.value or b"")
            asked = (event.execution_id, event.execution_id, event.sequence)
            found = self.rows.execute(_EVENT, asked).fetchone()
            what = f"event {event.sequence}"
            self.note(event.execution_id, differences(what, EVENT_COLUMNS, expected, found))
        if history.ended and not had_ended:
            # Nothing may change it any more, so its state need not be kept.
            self._compare_execution(event.execution_id, history)
            history.execution = None

    def _look_for(self, execution_id: str) -> None:
        """Remember an execution that the table knows nothing of: perhaps it is pruned."""
        if not self.rows.execute(_IS_THERE, (execution_id, execution_id)).fetchone()[0]:
            self._absent.add(execution_id)

    def _may_be_pruned(self, at: datetime | None) -> bool:
        """Tell whether what ended, or was refused, at this time may be gone."""
        before = self._pruned_before
        return before is not None and at is not None and at < before

    def _compare_execution(self, execution_id: str, history: History) -> None:
        # Of a history that is cut nobody can tell whether it has ended.
        has_ended = history.ended or history.is_cut
        if execution_id in self._absent and has_ended and self._may_be_pruned(history.at):
            self.pruned += 1
            return
        if history.is_cut and execution_id not in self._absent:
            return
        execution = history.execution
        expected = None if execution is None else execution_row(execution)
        found = self.rows.execute(_EXECUTION, (execution_id,)).fetchone()
        self.note(execution_id, differences("execution", EXECUTION_COLUMNS, expected, found))
        if expected is None and execution_id in self._absent:
            self.note(execution_id, [Fault("events", "rows", MISSING)])
        if execution is not None and found is not None:
            self._compare_state(execution)
        waiting = [] if execution is None else sorted(approval_rows(execution))
        listed = self.rows.execute(_APPROVALS, (execution_id,)).fetchall()
        if listed != waiting:
            self.note(execution_id, [Fault("approvals", shown(waiting), shown(listed))])

    def _compare_state(self, execution: Execution) -> None:
        """Compare an execution with what is read of it: its state, and the events after that."""
        known = states.stored(self.rows, [execution.id])[execution.id]
        try:
            found = known.text()
        except (ValueError, KeyError) as error:
            self.note(execution.id, [Fault("execution: state", "one that folds", repr(error))])
            return
        wanted = (snapshots.to_json(execution),)
        self.note(execution.id, differences("execution", ("state",), wanted, (found,)))

    def _compare_count(self, execution_id: str, history: History) -> None:
        """Look for events that the table has and the log has not; counting finds most at once."""
        count = self.rows.execute(_COUNT, (execution_id, execution_id)).fetchone()[0]
        if count == history.count:
            return
        there = [n for (n,) in self.rows.execute(_SEQUENCES, (execution_id, execution_id))]
        extra = (n for n in there if n >= history.first and not history.has(n))
        self.note(
            execution_id, [Fault(f"event {n}", "not there: not on the log", "a row") for n in extra]
        )

    def _horizon(self) -> datetime | None:
        """Return the time up to which the log may have lost what the table still has.

        Retention removes the oldest first, so what happened later is still there. None: the
        log is whole.
        """
        if self.truncated - self._kept_since.keys():
            return datetime.max.replace(tzinfo=UTC)  # a partition was emptied: no telling
        return max(self._kept_since.values(), default=None)
