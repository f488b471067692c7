"""States: an execution, whole, as the table has it.

A long execution has a large state, and each of its events changes a little of it. So the state
is written when the execution has ended, and before that only now and then; what has happened
since is folded onto it by whoever reads it.

    states ─ state as of event 32 ─┐
    events ─ 33, 34 … 41 ──────────┴─ fold ─▶ the execution as of event 41
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine import snapshots
from engine.evolution import fold
from schemas.executions import ENDED, Execution
from streams import codecs
from streams.table.rows import Row
from streams.table.store import Connection

EVENTS_MAX = 32
"""No more events than this, less one, are folded to read an execution: it takes about as long as
to read the state of one of a hundred steps."""

STATE_COLUMNS = ("sequence", "state")

_IDS_PER_QUERY = 500

# Told once for each execution, with its first event behind the state, or without one.
QUERY = """
SELECT e.execution_id, e.number, v.sequence, v.value,
    CASE WHEN v.sequence IS NULL OR v.sequence = s.sequence + 1 THEN s.state END
FROM executions AS e
LEFT JOIN states AS s ON s.number = e.number
LEFT JOIN events AS v ON v.number = e.number
    AND v.sequence > COALESCE(s.sequence, 0) AND v.sequence <= e.sequence
WHERE e.execution_id IN ({marks})"""


def is_due(execution: Execution) -> bool:
    """Tell whether the state of an execution is to be written, as of its latest event.

    It depends on that alone: the table is the same in whatever batches the log was read.
    """
    return execution.status in ENDED or execution.sequence % EVENTS_MAX == 0


def state_row(execution: Execution) -> Row:
    """Return the row of a state, in the order of STATE_COLUMNS."""
    return execution.sequence, snapshots.to_json(execution)


class Known(NamedTuple):
    """An execution as who writes knows it. None: none of its events could be folded so far."""

    number: int
    execution: Execution | None


@dataclass
class Stored:
    """What the table has of an execution. later: the values of the events after the state."""

    number: int
    state: bytes | None = None
    later: dict[int, bytes] = field(default_factory=dict)

    def execution(self) -> Execution | None:
        """Return the execution; None: there is nothing of it. ValueError: it cannot be read."""
        known = None if self.state is None else snapshots.execution_from_json(self.state)
        return fold(known, (codecs.decode_event(self.later[n]) for n in sorted(self.later)))

    def text(self) -> bytes | None:
        """Return the execution as ``engine.snapshots`` writes it. ValueError: as before."""
        if not self.later:
            return self.state
        known = self.execution()
        return None if known is None else snapshots.to_json(known)


def stored(connection: Connection, execution_ids: Collection[str]) -> dict[str, Stored]:
    """Return what the table has of these executions; of those it does not know, nothing."""
    found: dict[str, Stored] = {}
    for ids in _portions(list(execution_ids)):
        query = QUERY.format(marks=", ".join("?" * len(ids)))
        for execution_id, number, sequence, value, state in connection.execute(query, ids):
            each = found.get(execution_id)
            if each is None:
                each = found[execution_id] = Stored(number)
            if sequence is not None:
                each.later[sequence] = value
            if state is not None:
                each.state = state
    return found


def executions(connection: Connection, execution_ids: Collection[str]) -> Iterator[Execution]:
    """Yield those of these executions that the table knows, in the order asked for."""
    found = stored(connection, execution_ids)
    for execution_id in execution_ids:
        if (each := found.get(execution_id)) and (execution := each.execution()):
            yield execution


def _portions(ids: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield ids[start : start + _IDS_PER_QUERY]
