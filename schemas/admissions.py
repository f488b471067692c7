"""Admissions: may this execution start now? Asked on the topic ``admissions``, by playbook id.

Only what counts across executions is asked there (``dedupe``, ``throttle``, ``max_running``); one
owner per playbook keeps count, and keeps its schedule. What it remembers stands on
``admission-snapshots``: a ticket for each execution that still counts, and the last firing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.commands import StartExecution
from schemas.messages import Instant, Message


class DedupeKey(Message):
    """The key of ``dedupe`` as it was rendered, and its window."""

    key: str
    window_seconds: float = Field(gt=0)


class ThrottleKey(Message):
    """The key of ``throttle`` as it was rendered, "" without one, and what it may start."""

    key: str
    limit: int = Field(ge=1)
    per_seconds: float = Field(gt=0)


class AdmitExecution(Message):
    """Start an execution if what counts allows it, else let it wait, or drop it.

    start: the command that then starts it, whole. dedupe, throttle: None for a run that somebody
    asked for, which is held up by ``max_running`` alone.
    """

    type: Literal["AdmitExecution"] = "AdmitExecution"
    id: str
    playbook_id: str
    at: Instant
    start: StartExecution
    dedupe: DedupeKey | None = None
    throttle: ThrottleKey | None = None


class ReleasePlace(Message):
    """An execution that had a place, or waited for one, needs it no more. Twice is once."""

    type: Literal["ReleasePlace"] = "ReleasePlace"
    id: str
    playbook_id: str
    execution_id: str
    at: Instant


AdmissionCommand = Annotated[AdmitExecution | ReleasePlace, Field(discriminator="type")]


class Place(StrEnum):
    """Of an execution of a playbook with ``max_running``: it has one, or waits for one."""

    TAKEN = "taken"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Ticket:
    """An execution that counts. A record on ``admission-snapshots``.

    number: the order in which they were admitted. dedupe_until, throttle_until: how long its keys
    count. place: None when it takes none. start: what starts it, while it waits.
    """

    playbook_id: str
    execution_id: str
    number: int
    dedupe_key: str | None = None
    dedupe_until: datetime | None = None
    throttle_key: str | None = None
    throttle_until: datetime | None = None
    place: Place | None = None
    start: StartExecution | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When none of its keys counts any more; None: it has none."""
        ends = [until for until in (self.dedupe_until, self.throttle_until) if until is not None]
        return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class Fired:
    """How far a schedule has been carried out. due_at: of its last firing."""

    playbook_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ExecutionAdmitted:
    """It starts, or waits for a place: its ticket says which."""

    ticket: Ticket
    start: StartExecution

    @property
    def execution_id(self) -> str:
        """Whose ticket it is."""
        return self.ticket.execution_id


@dataclass(frozen=True, slots=True)
class PlaceTaken:
    """One that waited has a place now, and starts."""

    execution_id: str
    start: StartExecution


@dataclass(frozen=True, slots=True)
class PlaceReleased:
    """It has ended, or will never start: its place is free, or its waiting over."""

    execution_id: str


@dataclass(frozen=True, slots=True)
class WaitWithdrawn:
    """Its playbook was deleted while it waited: it is cancelled."""

    execution_id: str


@dataclass(frozen=True, slots=True)
class TicketExpired:
    """Nothing of it counts any more."""

    execution_id: str


AdmissionEvent = ExecutionAdmitted | PlaceTaken | PlaceReleased | WaitWithdrawn | TicketExpired
"""What happens to the tickets of a playbook. Told to nobody: the state is what is kept."""
