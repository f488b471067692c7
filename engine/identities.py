"""Identities that follow from what they name, so that a repetition names the same thing."""

from hashlib import sha1
from uuid import UUID

import orjson

_EVENTS = UUID("0c9f6f0e-6f5c-4a52-9d5b-2f1a86f0b3d1").bytes
_CHILDREN = UUID("b1f6c7ce-0b0f-4d0e-9f0c-5c9b7c3e2a64").bytes
_TIMERS = UUID("5d7a3f0b-58c4-4c38-8a0e-6a0c6a3f7b52").bytes


def _uuid5(namespace: bytes, name: str) -> str:
    """Return ``str(uuid.uuid5(…))``, three times as fast: every event has one."""
    digest = bytearray(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5
    digest[8] = digest[8] & 0x3F | 0x80  # of RFC 9562
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def event_id(execution_id: str, sequence: int) -> str:
    """Return the id of an execution's event number ``sequence``."""
    return _uuid5(_EVENTS, f"{execution_id}/{sequence}")


def child_execution_id(execution_id: str, step_id: str, visit: int, attempt: int) -> str:
    """Return the id of the execution that an attempt of a playbook step runs."""
    return f"pexec-{_uuid5(_CHILDREN, f'{execution_id}/{step_id}/{visit}/{attempt}')}"


def undo_execution_id(execution_id: str, what: str) -> str:
    """Return the id of the execution that takes back ``what`` an execution did."""
    return f"pexec-{_uuid5(_CHILDREN, f'{execution_id}/undo/{what}')}"


def caused_command_id(event_id: str, what: str) -> str:
    """Return the id of the command that follows from an event."""
    return _uuid5(_TIMERS, f"{event_id}/{what}")


def run_identity(asked_by: str, repetition_key: str, rerun_of: str | None = None) -> str:
    """Return what tells a run that was asked for from every other; asked again, it is the same.

    asked_by: id of the API key; repetition_key: its ``Idempotency-Key``; rerun_of: the execution
    that is run again, if one is. Never the identity of a finding (``engine.triggers.identity``),
    which is a JSON array.
    """
    said = {"asked_by": asked_by, "repetition_key": repetition_key}
    if rerun_of is not None:
        said["rerun_of"] = rerun_of
    return orjson.dumps(said).decode()


def timer_command_id(execution_id: str, timer: str, due_at: str) -> str:
    """Return the id of the ``FireTimer`` command for one due time of an execution."""
    return _uuid5(_TIMERS, f"{execution_id}/{timer}/{due_at}")


def idempotency_key(execution_id: str, step_id: str, visit: int) -> str:
    """Return what a connector sends so that a repeated request is recognised."""
    return f"{execution_id}/{step_id}/{visit}"
