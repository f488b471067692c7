"""State as JSON and back: executions, and what counts across them.

What stands on the topics of snapshots, and in the table. ``from_json(to_json(execution)) ==
execution`` for every execution that events fold to, and so for the others.
"""

from typing import Any

import orjson
from pydantic import TypeAdapter

from schemas.admissions import Fired, Ticket
from schemas.executions import Ended, Execution
from schemas.messages import Message

_execution: TypeAdapter[Execution] = TypeAdapter(Execution)
_ended: TypeAdapter[Ended] = TypeAdapter(Ended)
_admission: TypeAdapter[Ticket | Fired] = TypeAdapter(Ticket | Fired)

# A snapshot is one object; only that of an open execution has steps.
_MARK_OF_OPEN = b'"steps":'


def to_json(known: Execution | Ended) -> bytes:
    """Return an execution, or the memory of one, as one compact JSON object."""
    try:
        # Copied: what orjson (3.13) returns holds on to 16 KiB, however short it is.
        return bytes(memoryview(orjson.dumps(known, _of_message, option=orjson.OPT_UTC_Z)))
    except TypeError:
        # A number of more than 64 bits, which other people's JSON may hold. pydantic writes
        # it, slower; what is no JSON at all it refuses too.
        return _ended.dump_json(known) if isinstance(known, Ended) else _execution.dump_json(known)


def from_json(text: bytes) -> Execution | Ended:
    """Return what ``to_json`` wrote. ValidationError: it did not write this."""
    if _MARK_OF_OPEN in text:
        return _execution.validate_json(text)
    return _ended.validate_json(text)


def execution_from_json(text: bytes) -> Execution:
    """Return the execution that ``to_json`` wrote. ValidationError: it did not write this."""
    return _execution.validate_json(text)


def admission_to_json(known: Ticket | Fired) -> bytes:
    """Return a ticket, or a last firing, as one JSON object; what it leaves unsaid is left out."""
    return _admission.dump_json(known, exclude_none=True)


def admission_from_json(text: bytes) -> Ticket | Fired:
    """Return what ``admission_to_json`` wrote. ValidationError: it did not write this."""
    return _admission.validate_json(text)


def _of_message(value: object) -> Any:
    """Return what orjson does not know by itself: a message within the state."""
    if isinstance(value, Message):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(f"{type(value).__name__} is not part of an execution")
