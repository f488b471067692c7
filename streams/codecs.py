"""Bytes and messages: the only file that knows that the wire is JSON.

Events carry CloudEvents attributes as headers (Kafka protocol binding, binary mode), so
that a consumer can route on ``ce_type`` and ``ce_subject`` without parsing the value.
"""

import re
from datetime import datetime
from functools import cache, lru_cache

import orjson
from pydantic import TypeAdapter

from schemas.actions import ActionRequest
from schemas.admissions import AdmissionCommand
from schemas.commands import Command, Rejection
from schemas.events import Event
from schemas.messages import Message
from schemas.playbooks import PlaybookRecord

Headers = list[tuple[str, bytes]]

NESTING_MAX = 150
"""Levels of a command. The state that it becomes part of is nested a few levels deeper, and what
is written with more than 200 cannot be read back: the partition could never be restored."""

_commands: TypeAdapter[Command] = TypeAdapter(Command)
_admissions: TypeAdapter[AdmissionCommand] = TypeAdapter(AdmissionCommand)
_event: TypeAdapter[Event] = TypeAdapter(Event)
_events: TypeAdapter[list[Event]] = TypeAdapter(list[Event])
_playbooks: TypeAdapter[PlaybookRecord] = TypeAdapter(PlaybookRecord)


def encode(message: Message) -> bytes:
    """Return ``message`` as one flat JSON object, what it leaves unsaid left out."""
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode_command(value: bytes) -> Command:
    """Return the command. ValueError: it is none, or is nested deeper than a snapshot can be."""
    command = _commands.validate_json(value)
    _demand_shallow(value)
    return command


def decode_admission(value: bytes) -> AdmissionCommand:
    """Return what stands on ``admissions``. ValueError: as of ``decode_command``."""
    command = _admissions.validate_json(value)
    _demand_shallow(value)
    return command


def _demand_shallow(value: bytes) -> None:
    # Counted first: what has few brackets needs no second look.
    if value.count(b"[") + value.count(b"{") > NESTING_MAX and _nesting(value) > NESTING_MAX:
        raise ValueError(f"the command is nested more than {NESTING_MAX} deep")


def _nesting(value: bytes) -> int:
    """Return how deep a JSON text is nested."""
    deepest, level = 0, [orjson.loads(value)]
    while level := [
        inner
        for outer in level
        if isinstance(outer, dict | list)
        for inner in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        deepest += 1
    return deepest


def decode_event(value: bytes) -> Event:
    """Return the event. ValidationError: it is none."""
    return _event.validate_json(value)


def decode_events(value: bytes) -> list[Event]:
    """Return the events of a JSON array. ValidationError: it is none, or not of events."""
    return _events.validate_json(value)


def decode_playbook(value: bytes) -> PlaybookRecord:
    """Return the record of the topic ``playbooks``. ValidationError: it is none."""
    return _playbooks.validate_json(value)


def decode_request(value: bytes) -> ActionRequest:
    """Return the action request. ValidationError: it is none."""
    return ActionRequest.model_validate_json(value)


def decode_rejection(value: bytes) -> Rejection:
    """Return the rejection. ValidationError: it is none."""
    return Rejection.model_validate_json(value)


@cache
def event_type(name: str) -> str:
    """Return the CloudEvents type of an event: ``playbooks.step.completed.v1``."""
    noun, participle = re.findall(r"[A-Z][a-z]+", name)[0], re.findall(r"[A-Z][a-z]+", name)[1:]
    return f"playbooks.{noun.lower()}.{'_'.join(participle).lower()}.v1"


def event_headers(event: Event, traceparent: str | None) -> Headers:
    """Return the CloudEvents attributes of ``event``."""
    headers = [
        *_ALWAYS,
        _type_header(event.type),
        ("ce_id", event.id.encode()),
        *_about(event.playbook_id, event.execution_id, event.at),
        ("ce_sequence", str(event.sequence).encode()),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return headers


_ALWAYS = (("content-type", b"application/json"), ("ce_specversion", b"1.0"))


@cache
def _type_header(name: str) -> tuple[str, bytes]:
    return "ce_type", event_type(name).encode()


# Remembered, since the events of one decision share them.
@lru_cache(maxsize=64)
def _about(playbook_id: str, execution_id: str, at: datetime) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_source", f"/playbooks/{playbook_id}".encode()),
        ("ce_subject", execution_id.encode()),
        ("ce_time", at.isoformat().replace("+00:00", "Z").encode()),
    )
