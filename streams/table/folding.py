"""Folding: a batch of records of the log becomes rows, and the rows are written.

Called by the projection, in the one thread that writes. Nothing is remembered before the
transaction has committed, so a batch that failed can be taken again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from engine.evolution import evolve
from schemas.events import Event
from schemas.executions import ENDED, Execution
from streams import codecs
from streams.table import states
from streams.table.rows import (
    approval_rows,
    event_row,
    execution_row,
    has_progressed,
    progressed_row,
    rejection_row,
)
from streams.table.states import Known
from streams.table.writer import Gap, Rows, Writer

log = structlog.get_logger(__name__)

REMEMBERED_MAX = 10_000
"""Open executions whose state is kept in memory; those beyond it are read from the table."""

Record: TypeAlias = ConsumerRecord[Any, Any]


@dataclass
class Counts:
    """What has been folded since the start, and what could not be.

    doubles: events that were there already. gaps: executions whose next event is missing, or
    does not fold. unreadable: records that are no event and no rejection.
    """

    events: int = 0
    rejections: int = 0
    doubles: int = 0
    gaps: int = 0
    unreadable: int = 0


@dataclass
class _Batch:
    """What becomes of one batch: its rows, and what is to be said once they are written."""

    rows: Rows = field(default_factory=Rows)
    doubles: int = 0
    unreadable: list[tuple[Record, Exception]] = field(default_factory=list)

    def add(self, number: int, before: Execution | None, after: Execution) -> None:
        """Add the rows of an execution that has changed."""
        if before is not None and has_progressed(before, after):
            self.rows.progressed.append(progressed_row(after))
        else:
            self.rows.executions.append((*execution_row(after), number))
        self.rows.approvals += approval_rows(after)


class Folding:
    """Folds records into the tables. ``counts`` says how many, of each kind."""

    def __init__(
        self,
        writer: Writer,
        events_topic: str,
        remembered_max: int = REMEMBERED_MAX,
        counts: Counts | None = None,
    ) -> None:
        """events_topic: the name of ``execution-events``; other records are rejections.

        counts: to be counted on; None: from zero.
        """
        self.counts = Counts() if counts is None else counts
        self._writer = writer
        self._events_topic = events_topic
        self._remembered_max = remembered_max
        self._open: OrderedDict[str, Known] = OrderedDict()
        self._gaps = writer.gaps()
        self._last_number = writer.last_number()

    def take(self, records: Sequence[Record], offsets: Mapping[TopicPartition, int]) -> None:
        """Fold the records and write what they change, together with ``offsets``.

        A record that cannot be folded is logged, counted and left out. Raises what the store
        does for a trouble of its own; nothing was written then.
        """
        try:
            self._take(records, offsets)
        except Exception as error:
            if not records or not self._writer.store.is_of_rows(error):
                raise
            self._take_in_halves(records, offsets, error)

    def _take_in_halves(
        self, records: Sequence[Record], offsets: Mapping[TopicPartition, int], error: Exception
    ) -> None:
        """Close in on the record that spoils the batch, and leave that one out."""
        if len(records) == 1:
            self._writer.write(Rows(), offsets)
            self._say_unreadable(records[0], error)
            return
        first, second = records[: len(records) // 2], records[len(records) // 2 :]
        self.take(first, {TopicPartition(r.topic, r.partition): r.offset + 1 for r in first})
        self.take(second, offsets)

    def _take(self, records: Sequence[Record], offsets: Mapping[TopicPartition, int]) -> None:
        batch = _Batch()
        histories = self._decode(records, batch)
        known = self._known(histories)
        for execution_id, history in histories.items():
            each = known[execution_id]
            after = self._fold(execution_id, each, history, batch)
            if after is not None and after is not each.execution:
                known[execution_id] = Known(each.number, after)
                batch.add(each.number, each.execution, after)
        self._writer.write(batch.rows, offsets)
        self._remember(known)
        self._say(batch)

    def _decode(
        self, records: Sequence[Record], batch: _Batch
    ) -> dict[str, list[tuple[Event, bytes]]]:
        """Return the events with their values, by execution; rejections are rows already."""
        histories: dict[str, list[tuple[Event, bytes]]] = {}
        for record in records:
            value = record.value or b""
            try:
                if record.topic == self._events_topic:
                    event = codecs.decode_event(value)
                    histories.setdefault(event.execution_id, []).append((event, value))
                else:
                    rejection = codecs.decode_rejection(value)
                    batch.rows.rejections.append(rejection_row(rejection, value))
            except ValidationError as error:
                batch.unreadable.append((record, error))
        return histories

    def _known(self, execution_ids: Iterable[str]) -> dict[str, Known]:
        """Return each execution, from memory or from the table; a new one gets its number."""
        known: dict[str, Known] = {}
        asked: list[str] = []
        for execution_id in execution_ids:
            if execution_id in self._open:
                known[execution_id] = self._open[execution_id]
            else:
                asked.append(execution_id)
        known |= {id: Known(self._gaps[id].number, None) for id in asked if id in self._gaps}
        known |= self._writer.executions(asked)
        new = [id for id in asked if id not in known]
        known |= {id: Known(n, None) for n, id in enumerate(new, self._last_number + 1)}
        return known

    def _fold(
        self,
        execution_id: str,
        known: Known,
        history: Iterable[tuple[Event, bytes]],
        batch: _Batch,
    ) -> Execution | None:
        """Return the execution as far as its events follow on each other without a gap."""
        number, execution = known
        following = 1 if execution is None else execution.sequence + 1
        pending = self._waiting(number, following) if execution_id in self._gaps else {}
        for event, value in history:
            if event.sequence < following or event.sequence in pending:
                batch.doubles += 1
                continue
            pending[event.sequence] = event
            batch.rows.events.append((*event_row(event, value), number))
        reason, kept = "missing", None
        while following in pending:
            try:
                execution = evolve(execution, pending[following])
            except Exception as error:
                reason = f"does not fold: {error!r}"
                break
            if states.is_due(execution):
                kept = execution
            del pending[following]
            following += 1
        if kept is not None:
            batch.rows.states.append((*states.state_row(kept), number))
        if pending:
            batch.rows.gaps.append((execution_id, number, following, reason))
        elif execution_id in self._gaps:
            batch.rows.healed.append(execution_id)
        return execution

    def _waiting(self, number: int, sequence: int) -> dict[int, Event]:
        """Return the events behind a gap, which wait in the table for the one that is missing."""
        values = self._writer.events_from(number, sequence)
        return {event.sequence: event for event in map(codecs.decode_event, values)}

    def _remember(self, known: Mapping[str, Known]) -> None:
        for execution_id, each in known.items():
            self._last_number = max(self._last_number, each.number)
            if each.execution is None or each.execution.status in ENDED:
                self._open.pop(execution_id, None)
            else:
                self._open[execution_id] = each
                self._open.move_to_end(execution_id)
        while len(self._open) > self._remembered_max:
            self._open.popitem(last=False)

    def _say(self, batch: _Batch) -> None:
        """Count what has been written, and report what should not have been on the log."""
        self.counts.events += len(batch.rows.events)
        self.counts.rejections += len(batch.rows.rejections)
        self.counts.doubles += batch.doubles
        for record, error in batch.unreadable:
            self._say_unreadable(record, error)
        for execution_id, number, sequence, reason in batch.rows.gaps:
            gap = Gap(number, sequence)
            if self._gaps.get(execution_id) != gap:
                self.counts.gaps += 1
                log.error(
                    "execution stands still: an event is missing or does not fold",
                    execution_id=execution_id,
                    sequence=sequence,
                    reason=reason,
                )
            self._gaps[execution_id] = gap
        for execution_id in batch.rows.healed:
            del self._gaps[execution_id]
            log.info("execution goes on: the missing event came", execution_id=execution_id)

    def _say_unreadable(self, record: Record, error: Exception) -> None:
        self.counts.unreadable += 1
        log.error(
            "record left out of the table: it cannot be read",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=str(error),
        )
