"""Restorations: is what the next owner of an execution would restore the fold of its events?

For ``streams/verification.py``. Snapshots and events are written by the same transactions, but
each topic is read for itself: a snapshot that is further than the events that were read tells of
what happened meanwhile, one that is behind them is wrong.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine import snapshots
from schemas.executions import Ended, Execution
from streams import increments
from streams.histories import Fault, History
from streams.increments import Increment
from streams.snapshots import DEDUPE_WINDOW
from streams.table.differences import MISSING, differences, shown
from streams.table.folding import Record

Note = Callable[[str, Iterable[Fault]], None]


@dataclass(frozen=True)
class Extent:
    """How much of ``execution-events`` was read, for each of its partitions.

    cut: retention has removed the first events. moved: there is more by now.
    """

    cut: frozenset[int]
    moved: frozenset[int]


@dataclass
class Restorations:
    """The latest snapshot of each execution, held against its history.

    compared: as many were. ahead: their executions have gone on since. forgotten: of ended
    executions, which are remembered for ``DEDUPE_WINDOW`` only. eventless: retention has removed
    all their events.
    """

    note: Note
    compared: int = 0
    ahead: int = 0
    forgotten: int = 0
    eventless: int = 0
    _latest: dict[str, Record] = field(default_factory=dict)

    def take(self, records: Iterable[Record]) -> None:
        """Note some records of ``execution-snapshots``, those of a partition in order."""
        for record in records:
            if record.key is not None:
                self._latest[record.key.decode(errors="replace")] = record

    def compare(self, histories: Mapping[str, History], extent: Extent, now: datetime) -> None:
        """Tell ``note`` where they differ."""
        found = self._increments()
        for execution_id, record in self._latest.items():
            history = histories.get(execution_id)
            if record.value is None:
                if history is not None and history.is_whole:
                    written_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                    self._missing(execution_id, history, written_at)
                continue
            try:
                known = increments.restored(record.value, found.get(execution_id, ()))
            except ValueError as error:
                if execution_id in found and record.partition in extent.moved:
                    self.ahead += 1  # one that was read in part, and outdated meanwhile
                    continue
                fault = Fault("snapshot", "one that can be read", shown(str(error)))
                self.note(execution_id, [fault])
                continue
            if history is None:
                self._without_events(execution_id, record.partition, extent)
            elif history.is_whole:
                self._compare(execution_id, history, known, record, extent)
        for execution_id, history in histories.items():
            if execution_id not in self._latest and history.is_whole:
                self._missing(execution_id, history, now)

    def _increments(self) -> dict[str, list[Increment]]:
        """Take out what is no snapshot but an increment of one; return it by execution."""
        found: dict[str, list[Increment]] = defaultdict(list)
        for key, record in list(self._latest.items()):
            try:
                increment = increments.read(record.value or b"", dict(record.headers))
            except ValueError as error:
                self.note(key, [Fault("snapshot", "one that can be read", shown(str(error)))])
                del self._latest[key]
                continue
            if increment is not None:
                found[increment.execution_id].append(increment)
                del self._latest[key]
        return found

    def _compare(
        self,
        execution_id: str,
        history: History,
        known: Execution | Ended,
        record: Record,
        extent: Extent,
    ) -> None:
        has_moved = record.partition in extent.moved and not history.ended
        if has_moved and (isinstance(known, Ended) or known.sequence >= history.following):
            self.ahead += 1
            return
        self.compared += 1
        expected = history.memory(execution_id) or history.execution
        if expected is not None and known != expected:
            rows = (snapshots.to_json(expected),), (snapshots.to_json(known),)
            self.note(execution_id, differences("snapshot", ("state",), *rows))

    def _missing(self, execution_id: str, history: History, at: datetime) -> None:
        """Take note of an execution that nobody would restore, or not from ``at`` on."""
        if history.ended and history.at is not None and history.at + DEDUPE_WINDOW <= at:
            self.forgotten += 1
        else:
            state = "ended" if history.ended else "open"
            self.note(execution_id, [Fault("snapshot", f"one: the execution is {state}", MISSING)])

    def _without_events(self, execution_id: str, partition: int, extent: Extent) -> None:
        if partition in extent.moved:
            self.ahead += 1
        elif partition in extent.cut:
            self.eventless += 1
        else:
            none = "none: the execution is not on the log"
            self.note(execution_id, [Fault("snapshot", none, "a snapshot")])
