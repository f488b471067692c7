"""Increments: what has happened to a large execution since its snapshot, on the same topic.

A large execution has a large snapshot, and each command changes a little of it. So the snapshot
is written anew only now and then; between two of them the events of each batch are, which whoever
restores the execution folds onto it.

    pexec-1      the execution as of event 32
    pexec-1#0    events 33, 34
    pexec-1#1    events 35, 36, 37     the execution as of event 37

The next snapshot outdates them all, and their numbers begin again. Headers say what an increment
is of, so that no key has to be taken apart: ``increment_of``, the execution; ``after``, the event
that it builds upon; ``sequence``, its last event. A snapshot says its own ``sequence``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import NamedTuple

from engine import snapshots
from engine.evolution import evolve
from schemas.executions import Ended, Execution
from streams import codecs, snapshot_records
from streams.codecs import Headers
from streams.snapshot_records import Told

SNAPSHOT_BYTES_MIN = 8_192
"""A snapshot from this size on has increments: a smaller one is written whole each time."""

INCREMENTS_MAX = 32
"""So many are folded at most to restore an execution."""

_OF = "increment_of"
_AFTER = "after"


@dataclass(slots=True)
class Account:
    """What has been written of one large execution, by the owner of its partition.

    count: the increments since the snapshot. keys: as many keys of increments are in use. room:
    bytes that further ones may take: together no more than half of the snapshot.
    """

    count: int
    keys: int
    room: int

    def fits(self, events: list[bytes]) -> bool:
        """Tell whether these events may be an increment."""
        return self.count < INCREMENTS_MAX and sum(map(len, events)) <= self.room

    def add(self, events: list[bytes]) -> int:
        """Account for an increment; return its number."""
        number = self.count
        self.count += 1
        self.keys = max(self.keys, self.count)
        self.room -= sum(map(len, events))
        return number


def opened(snapshot: bytes, before: Account | None) -> Account | None:
    """Return the account of an execution whose snapshot has just been written; None: a small one.

    before: that of its last snapshot, whose keys stay in use until the execution has ended.
    """
    if len(snapshot) < SNAPSHOT_BYTES_MIN and before is None:
        return None
    room = len(snapshot) // 2 if len(snapshot) >= SNAPSHOT_BYTES_MIN else 0
    return Account(0, 0 if before is None else before.keys, room)


def key(execution_id: str, number: int) -> str:
    """Return the key of an increment."""
    return f"{execution_id}#{number}"


def value(events: list[bytes]) -> bytes:
    """Return encoded events as the value of an increment."""
    return b"[" + b",".join(events) + b"]"


def headers(execution: Execution, events: list[bytes]) -> Headers:
    """Return what the increment of the events that led to ``execution`` says of itself."""
    return [(_OF, execution.id.encode()), (_AFTER, b"%d" % (execution.sequence - len(events)))]


class Increment(NamedTuple):
    """One that was read. after: the event that it builds upon. sequence: its last event."""

    execution_id: str
    after: int
    sequence: int
    events: bytes
    told: Told


def read(value: bytes, told: Told) -> Increment | None:
    """Return the increment; None: the record is something else. ValueError: it is none.

    told: the headers.
    """
    if _OF not in told:
        return None
    try:
        after, sequence = int(told[_AFTER]), int(told[snapshot_records.SEQUENCE])
    except KeyError as error:
        raise ValueError(f"an increment without the header {error}") from None
    return Increment(told[_OF].decode(), after, sequence, value, told)


class Chain(NamedTuple):
    """What follows on a snapshot, in order. lacks: what should be there and is not, if so."""

    increments: list[Increment]
    lacks: str


def linked(sequence: int, increments: Iterable[Increment]) -> Chain:
    """Return what follows on a snapshot of event ``sequence``, without what is of earlier ones."""
    by_after = {each.after: each for each in increments if each.after >= sequence}
    found: list[Increment] = []
    while (following := by_after.pop(sequence, None)) is not None:
        found.append(following)
        sequence = following.sequence
    lacks = f"events {sequence + 1} to {min(by_after)} stand nowhere" if by_after else ""
    return Chain(found, lacks)


def applied(execution: Execution, increments: Iterable[bytes]) -> Execution:
    """Return the execution after the events of increments. ValueError: they are none of its."""
    events = chain.from_iterable(map(codecs.decode_events, increments))
    try:
        return reduce(evolve, events, execution)
    except KeyError as error:
        raise ValueError(f"{execution.id} has no step {error}") from None


def restored(snapshot: bytes, increments: Iterable[Increment]) -> Execution | Ended:
    """Return what a snapshot and its increments say. ValueError: one cannot be read, or lacks."""
    known = snapshots.from_json(snapshot)
    if isinstance(known, Ended):
        return known
    following = linked(known.sequence, increments)
    if following.lacks:
        raise ValueError(following.lacks)
    return applied(known, (each.events for each in following.increments))
