"""State as JSON and back: executions, and what counts across them.

What stands on the topics of snapshots, and in the table. ``from_json(to_json(execution)) ==
execution`` for every execution that events fold to, and so for the others.
"""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

import orjson
import pydantic_core
from pydantic import TypeAdapter

from engine.states import made
from schemas.admissions import Fired, Ticket
from schemas.commands import Parent, Undoing
from schemas.executions import (
    Ended,
    Execution,
    Status,
    StepRun,
    Steps,
    StepStatus,
    Vote,
    Waiting,
)
from schemas.messages import Message

_execution: TypeAdapter[Execution] = TypeAdapter(Execution)
_ended: TypeAdapter[Ended] = TypeAdapter(Ended)
_admission: TypeAdapter[Ticket | Fired] = TypeAdapter(Ticket | Fired)

_STATUSES = {status.value: status for status in Status}
_STEP_STATUSES = {status.value: status for status in StepStatus}
_MUST_SAY = frozenset(field.name for field in fields(Execution) if field.default is MISSING)
_RUN_MUST_SAY = frozenset(field.name for field in fields(StepRun) if field.default is MISSING)

_moment = datetime.fromisoformat


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
    if is_open(text):
        return execution_from_json(text)
    return _ended.validate_json(text)


def is_open(text: bytes) -> bool:
    """Tell whether ``to_json`` wrote this of an execution, not of the memory of one."""
    return _MARK_OF_OPEN in text


def execution_from_json(text: bytes) -> Execution:
    """Return the execution that ``to_json`` wrote. ValidationError: it did not write this."""
    try:
        # Not judged again: ``to_json`` wrote it. And what it left unsaid stays so: the same
        # execution has the same snapshot, whether it was restored meanwhile or not.
        return _execution_of(pydantic_core.from_json(text))
    except (AttributeError, KeyError, TypeError, ValueError):
        return _execution.validate_json(text)  # which says what is wrong


def _execution_of(said: dict[str, Any]) -> Execution:
    if not said.keys() >= _MUST_SAY:
        raise KeyError("a field without a default")
    said["status"] = _STATUSES[said["status"]]
    _read_times(said, ("started_at", "changed_at", "timeout_at", "completed_at"))
    said["steps"] = Steps({step_id: _run_of(run) for step_id, run in said["steps"].items()})
    if said.get("parent") is not None:
        said["parent"] = Parent.model_validate(said["parent"])
    if said.get("undoing") is not None:
        said["undoing"] = Undoing.model_validate(said["undoing"], strict=False)
    return made(Execution, said)


def _run_of(said: dict[str, Any]) -> StepRun:
    if not said.keys() >= _RUN_MUST_SAY:
        raise KeyError("a field without a default")
    if "status" in said:  # else nobody has come to it yet
        said["status"] = _STEP_STATUSES[said["status"]]
        _read_times(said, ("started_at", "completed_at", "timeout_at", "retry_at"))
        said["secrets"] = {pointer: tuple(parts) for pointer, parts in said["secrets"].items()}
        if said.get("waiting") is not None:
            said["waiting"] = _waiting_of(said["waiting"])
    return made(StepRun, said)


def _waiting_of(said: dict[str, Any]) -> Waiting:
    _read_times(said, ("requested_at", "due_at"))
    votes = tuple(Vote(**{**vote, "at": _moment(vote["at"])}) for vote in said["votes"])
    return Waiting(**{**said, "approvers": tuple(said["approvers"]), "votes": votes})


def _read_times(said: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if (value := said.get(name)) is not None:
            said[name] = _moment(value)


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
