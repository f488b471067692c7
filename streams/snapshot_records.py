"""Snapshots as records of ``execution-snapshots``: what headers say of them, how they are read."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

from engine import snapshots
from engine.timers import next_due_at
from schemas.executions import Ended, Execution
from streams.codecs import Headers

SEQUENCE = "sequence"
"""The header that says the last event that a record knows of."""

_DUE_AT = "due_at"
"""The header that says when something falls due next, empty: never. Who restores the execution
need not look into it before that; those of releases without it are looked into at once."""


Told: TypeAlias = Mapping[str, bytes]
"""The headers of a record, by name."""


class Open(NamedTuple):
    """What is looked at, of one that is open, when it is restored. sequence: None, if unsaid."""

    id: str
    due_at: datetime | None
    sequence: int | None


def headers(execution: Execution, due_at: datetime | None) -> Headers:
    """Return what is said of an open execution beside what it is."""
    due = b"" if due_at is None else due_at.isoformat().encode()
    return [(SEQUENCE, b"%d" % execution.sequence), (_DUE_AT, due)]


def due_at(told: Told) -> datetime | None:
    """Return when something falls due, as the headers say. KeyError: they do not."""
    due = told[_DUE_AT]
    return datetime.fromisoformat(due.decode()) if due else None


def read(execution_id: str, value: bytes, told: Told) -> Open | Ended:
    """Return what a snapshot says. ValueError: it cannot be read, or is of another execution."""
    begins = b'{"id":"%s",' % execution_id.encode()
    if _DUE_AT in told and snapshots.is_open(value) and value.startswith(begins):
        sequence = told.get(SEQUENCE)
        return Open(execution_id, due_at(told), None if sequence is None else int(sequence))
    known = snapshots.from_json(value)
    if known.id != execution_id:
        raise ValueError(f"it is of {known.id}")
    if isinstance(known, Ended):
        return known
    return Open(known.id, next_due_at(known), known.sequence)
