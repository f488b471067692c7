"""Executions as records of the log, and tables as what stands in them."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from schemas.commands import Rejection
from schemas.events import Event
from streams import codecs
from streams.table.folding import Folding, Record
from streams.table.store import FILE_NAME, Store
from streams.table.table import Table
from streams.table.writer import Writer
from tests.examples import NOON, Story, action, graph
from tests.streams.records import record

EVENTS = "execution-events"
REJECTIONS = "rejections"
PLACE = TopicPartition(EVENTS, 3)

TABLES = {
    "executions": "execution_id",
    "states": "number",
    "events": "number, sequence",
    "rejections": "command_id",
    "approvals": "execution_id, step_id",
    "tallies": "day, playbook_id, status, trigger, dry_run",
    "gaps": "execution_id",
}


def story(execution_id: str = "pexec-1", **says: Any) -> Story:
    """Return an execution of two steps that has come to its end, with 6 events.

    says: of its start.
    """
    told = Story(graph(action("one"), action("two")), execution_id)
    told.start(**says)
    told.complete("one", {"said": "hello"})
    told.complete("two", {"number": 2})
    return told


def records(events: Iterable[Event], first_offset: int = 0) -> list[Record]:
    """Return events as records of PLACE, one after the other."""
    return [
        record(codecs.encode(event), topic=EVENTS, offset=offset)
        for offset, event in enumerate(events, first_offset)
    ]


def rejection(command_id: str, reason: str = "the execution is completed") -> Rejection:
    """Return the refusal of a command."""
    return Rejection(
        execution_id="pexec-1",
        command_id=command_id,
        command_type="CancelExecution",
        at=NOON + timedelta(hours=1),
        code="already_ended",
        reason=reason,
    )


Place = Path | str
"""Where a table is: in a directory, or at the address of a database."""


def table_in(place: Place) -> Table:
    """Open the table of a place."""
    if isinstance(place, Path):
        return Table(place / FILE_NAME)
    # Not above: what is measured with a file is measured without the library.
    from streams.table.postgresql.store import PostgresqlStore

    return Table(PostgresqlStore(place))


class Folded:
    """A table, and the folding that writes it, without a broker: records come from the test."""

    def __init__(self, place: Place, **options: Any) -> None:
        self.place = place
        self.table = table_in(place)
        self.writer = Writer(self.table.store, "a-cluster")
        self.folding = Folding(self.writer, EVENTS, **options)
        self._offset = 0

    def take(self, *taken: Record) -> None:
        """Fold a batch."""
        self._offset += len(taken)
        self.folding.take(taken, {PLACE: self._offset})

    def begin_again(self) -> None:
        """Forget everything that does not stand in the table, as a new process would."""
        self.writer.close()
        self.writer = Writer(self.table.store, "a-cluster")
        self.folding = Folding(self.writer, EVENTS)

    def empty(self) -> None:
        """Begin with an empty table."""
        self.writer.empty()
        self.begin_again()

    def close(self) -> None:
        """Close the table."""
        self.writer.close()
        self.table.close()


def rows(store: Store) -> dict[str, list[Any]]:
    """Return everything that stands in a table, but the offsets.

    In the place of numbers, which another table may give otherwise, are the ids.
    """
    reader = store.reader()
    found = {
        name: reader.execute(f"SELECT * FROM {name} ORDER BY {order}").fetchall()
        for name, order in TABLES.items()
    }
    ids = {number: id for number, id, *_ in found["executions"]}
    ids |= {number: id for id, number, *_ in found["gaps"]}
    for name in ("states", "events"):
        told = ((ids.get(number, f"number {number}"), *rest) for number, *rest in found[name])
        found[name] = sorted(told)
    found["executions"] = [row[1:] for row in found["executions"]]
    found["gaps"] = [(id, *rest) for id, _, *rest in found["gaps"]]
    return found


def numbers(store: Store) -> dict[str, int]:
    """Return the numbers of the executions of a table, by their ids."""
    query = (
        "SELECT execution_id, number FROM executions UNION SELECT execution_id, number FROM gaps"
    )
    return dict(store.reader().execute(query).fetchall())
