"""The comparison of the log with the rows of a table, for ``streams/verification.py``.

What is on the log is looked up in the table as it is read; what the table has beyond that is
looked for at the end. In memory there is a history for each execution, and no events.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka import TopicPartition
from pydantic import ValidationError

from schemas.events import Event
from streams import codecs
from streams.histories import Fault, History
from streams.table.folding import Record
from streams.table.rows import (
    EVENT_COLUMNS,
    EXECUTION_COLUMNS,
    Row,
    event_row,
    execution_row,
    moment,
)

Note = Callable[[str, Iterable[Fault]], None]
"""Takes what is wrong with an execution: its id, empty where a record names none."""

_SHOWN_MAX = 200
_MISSING = "missing"

_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM events WHERE execution_id = ? AND sequence = ?"
_EXECUTION = f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions WHERE execution_id = ?"
_REJECTION = "SELECT 1 FROM rejections WHERE command_id = ?"
_COUNT = "SELECT COUNT(*) FROM events WHERE execution_id = ?"
_SEQUENCES = "SELECT sequence FROM events WHERE execution_id = ? ORDER BY sequence"
_IDS = (
    "SELECT execution_id, (SELECT MAX(at) FROM events WHERE execution_id = ids.execution_id) "
    "FROM (SELECT execution_id FROM executions UNION SELECT execution_id FROM events) AS ids"
)


@dataclass
class Comparison:
    """Tells ``note`` where table and log differ.

    rows: a connection to one state of the table. truncated: the partitions of the log whose
    beginning retention has removed.
    """

    rows: sqlite3.Connection
    note: Note
    events_topic: str
    truncated: frozenset[TopicPartition]
    events: int = 0
    histories: dict[str, History] = field(default_factory=dict)
    _kept_since: dict[TopicPartition, datetime] = field(default_factory=dict)

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
        if self.rows.execute(_REJECTION, (rejection.command_id,)).fetchone() is None:
            what = f"rejection of {rejection.command_id}"
            self.note(rejection.execution_id, [Fault(what, rejection.code, _MISSING)])

    def _take_event(self, event: Event, record: Record) -> None:
        self.events += 1
        place = TopicPartition(record.topic, record.partition)
        if place in self.truncated:
            self._kept_since.setdefault(place, event.at)
        history = self.histories.get(event.execution_id)
        if history is None:
            is_cut = event.sequence > 1 and place in self.truncated
            first = event.sequence if is_cut else 1
            history = self.histories[event.execution_id] = History(first, first)
        is_double = history.has(event.sequence)
        had_ended = history.ended
        self.note(event.execution_id, history.take(event))
        if not is_double:
            expected = event_row(event, record.value or b"")
            found = self.rows.execute(_EVENT, (event.execution_id, event.sequence)).fetchone()
            what = f"event {event.sequence}"
            self.note(event.execution_id, differences(what, EVENT_COLUMNS, expected, found))
        if history.ended and not had_ended:
            # Nothing may change it any more, so its state need not be kept.
            self._compare_execution(event.execution_id, history)
            history.execution = None

    def _compare_execution(self, execution_id: str, history: History) -> None:
        if history.is_cut:
            return
        execution = history.execution
        expected = None if execution is None else execution_row(execution)
        found = self.rows.execute(_EXECUTION, (execution_id,)).fetchone()
        self.note(execution_id, differences("execution", EXECUTION_COLUMNS, expected, found))

    def _compare_count(self, execution_id: str, history: History) -> None:
        """Look for events that the table has and the log has not; counting finds most at once."""
        count = self.rows.execute(_COUNT, (execution_id,)).fetchone()[0]
        if count == history.count:
            return
        there = [n for (n,) in self.rows.execute(_SEQUENCES, (execution_id,))]
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


def differences(
    what: str, columns: Sequence[str], expected: Row | None, found: Row | None
) -> Iterator[Fault]:
    """Yield how a row differs from what it must be, column by column; None: there is no row."""
    if expected is None or found is None:
        if expected is not found:
            yield Fault(
                what,
                "no row" if expected is None else "a row",
                _MISSING if found is None else "a row",
            )
        return
    for column, wanted, stored in zip(columns, expected, found, strict=True):
        if wanted == stored:
            continue
        name = f"{what}: {column}"
        if isinstance(wanted, bytes):
            yield from _json_differences(name, wanted, stored)
        else:
            yield Fault(name, shown(wanted), shown(stored))


def _json_differences(what: str, expected: bytes, found: Any) -> Iterator[Fault]:
    """Yield which members differ of two JSON objects that are not the same text."""
    try:
        wanted, stored = orjson.loads(expected), orjson.loads(found)
        names = [n for n in wanted.keys() | stored.keys() if wanted.get(n) != stored.get(n)]
    except (ValueError, TypeError, AttributeError):
        yield Fault(what, shown(expected), shown(found))
        return
    for name in sorted(names):
        yield Fault(f"{what}: {name}", shown(wanted.get(name)), shown(stored.get(name)))
    if not names:
        yield Fault(
            what, "these members, written as on the log", "the same members, written otherwise"
        )


def shown(value: Any) -> str:
    """Return a value as text that fits into a line."""
    if isinstance(value, bytes):
        text = value.decode(errors="replace")
    elif isinstance(value, str):
        text = value
    else:
        text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
