"""State as JSON and back: executions and tickets, on the topics of snapshots and in the table.

``from_json(to_json(execution)) == execution`` for every execution that events fold to, and so
for tickets.
"""

from typing import Any

import orjson
from pydantic import TypeAdapter

from schemas.admissions import Ticket
from schemas.executions import Ended, Execution
from schemas.messages import Message

_execution: TypeAdapter[Execution] = TypeAdapter(Execution)
_ended: TypeAdapter[Ended] = TypeAdapter(Ended)
_ticket: TypeAdapter[Ticket] = TypeAdapter(Ticket)

# A snapshot is one object; only that of an open execution has steps.
_MARK_OF_OPEN = b'"steps":'


def to_json(known: Execution | Ended) -> bytes:
    """Return an execution, or the memory of one, as one compact JSON object."""
    try:
        return orjson.dumps(known, _of_message, option=orjson.OPT_UTC_Z)
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


def ticket_to_json(ticket: Ticket) -> bytes:
    """Return a ticket as one JSON object, what it leaves unsaid left out."""
    return _ticket.dump_json(ticket, exclude_none=True)


def ticket_from_json(text: bytes) -> Ticket:
    """Return what ``ticket_to_json`` wrote. ValidationError: it did not write this."""
    return _ticket.validate_json(text)


def _of_message(value: object) -> Any:
    """Return what orjson does not know by itself: a message within the state."""
    if isinstance(value, Message):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(f"{type(value).__name__} is not part of an execution")
