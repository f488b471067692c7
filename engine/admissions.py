"""Admissions: which executions of a playbook start, which wait for a place, which are dropped.

    dedupe       of the events with the same key, one starts an execution within the window
    throttle     of the events with the same key, so many do within any such span of time
    max_running  so many run at once; further ones wait, and start in the order they came in

``decide`` holds the rules, ``evolve`` the changes, ``consequence`` what others are asked to do.
A window begins when the execution is admitted. A dropped event counts for nothing: it neither
lengthens a window nor uses up a limit. What is asked for by hand (REST, command line) waits for
its place like all others, and is never dropped; an execution that a playbook step, or an undo,
asks for needs no place: who waits for it might hold the last one.

When the playbook changes: ``max_running`` is that of the current version, for all that run and
wait; raised, or removed, it lets those that wait start at once, in order; lowered, it lets
those that run end. Disabling it changes nothing for those that wait. Deleting it cancels
them, while what runs goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from engine.identities import caused_command_id
from engine.schedules import Firing
from engine.tickets import Tickets
from schemas.admissions import (
    AdmissionCommand,
    AdmissionEvent,
    AdmitExecution,
    ExecutionAdmitted,
    Place,
    PlaceReleased,
    PlaceTaken,
    ReleasePlace,
    Ticket,
    TicketExpired,
    WaitWithdrawn,
)
from schemas.commands import (
    CancelExecution,
    Command,
    Origin,
    QueueExecution,
    Rejection,
    StartExecution,
)
from schemas.events import Event
from schemas.executions import ENDED, Ended, Execution
from schemas.playbooks import Trigger

Decision = tuple[AdmissionEvent, ...] | Rejection

_NAMED = ("playbook_id", "playbook_revision", "dry_run")


def decide(
    tickets: Tickets, command: AdmissionCommand, trigger: Trigger | None, at: datetime
) -> Decision:
    """Return what ``command`` changes, or the rejection that says why an execution is dropped.

    trigger: of the playbook as it is now; None: it has been deleted. at: now, for whoever counts.
    """
    if isinstance(command, ReleasePlace):
        ticket = tickets.get(command.execution_id)
        if ticket is None or ticket.place is None:
            return ()
        return PlaceReleased(ticket.execution_id), *_calls(tickets, trigger, leaving=ticket)
    return _refusal(tickets, command, trigger, at) or _admitted(tickets, command, trigger, at)


def reconsidered(tickets: Tickets, trigger: Trigger | None) -> tuple[AdmissionEvent, ...]:
    """Return what changes for those that wait, now that the playbook may have changed."""
    if trigger is None:
        return tuple(WaitWithdrawn(execution_id) for execution_id in tickets.waiting)
    return tuple(_calls(tickets, trigger))


def expired(ticket: Ticket, at: datetime) -> tuple[AdmissionEvent, ...]:
    """Return what changes now that the keys of a ticket may no longer count."""
    until = ticket.expires_at
    over = until is not None and until <= at
    return (TicketExpired(ticket.execution_id),) if over and ticket.place is None else ()


def evolve(tickets: Tickets, event: AdmissionEvent) -> None:
    """Let an event change the tickets."""
    if isinstance(event, ExecutionAdmitted):
        tickets.put(event.ticket)
        return
    ticket = tickets.get(event.execution_id)
    if ticket is None:
        raise ValueError(f"{type(event).__name__}: {event.execution_id} has no ticket")
    match event:
        case PlaceTaken():
            tickets.put(replace(ticket, place=Place.TAKEN, start=None))
        case PlaceReleased() | WaitWithdrawn() if ticket.expires_at is not None:
            tickets.put(replace(ticket, place=None, start=None))
        case _:
            tickets.remove(ticket)


def consequence(
    event: AdmissionEvent, at: datetime
) -> StartExecution | QueueExecution | CancelExecution | None:
    """Return what the execution is told, at ``at``."""
    match event:
        case ExecutionAdmitted(ticket, start) if ticket.place is Place.WAITING:
            facts = {name: getattr(start, name) for name in (*Origin.model_fields, *_NAMED)}
            facts["admitted"] = True
            return QueueExecution(id=start.id, execution_id=start.execution_id, at=at, **facts)
        case ExecutionAdmitted(ticket, start):
            return start.model_copy(update={"at": at, "admitted": ticket.place is not None})
        case PlaceTaken(_, start):
            called = caused_command_id(start.id, "place")
            return start.model_copy(update={"id": called, "at": at, "admitted": True})
        case WaitWithdrawn(execution_id):
            return CancelExecution(
                id=caused_command_id(execution_id, "withdrawn"),
                execution_id=execution_id,
                at=at,
                note="the playbook was deleted while this waited for a place",
            )
        case _:
            return None


def released(execution: Execution, happened: Sequence[Event]) -> ReleasePlace | None:
    """Return what the events of an execution, which has just ended, tell who counts; else None."""
    if not execution.admitted or execution.status not in ENDED:
        return None
    return _release(execution.playbook_id, execution.id, happened[-1].id, execution.changed_at)


def released_by_refusal(
    known: Execution | Ended | None, command: Command, at: datetime
) -> ReleasePlace | None:
    """Return what a refused command tells who counts: the place was taken for nothing.

    known: the execution of that id. One that is under way and has a place itself keeps it.
    """
    if not isinstance(command, StartExecution | QueueExecution) or not command.admitted:
        return None
    if isinstance(known, Execution) and known.admitted and known.status not in ENDED:
        return None
    return _release(command.playbook_id, command.execution_id, command.id, at)


def _release(playbook_id: str, execution_id: str, cause: str, at: datetime) -> ReleasePlace:
    identity = caused_command_id(cause, "release")
    return ReleasePlace(id=identity, playbook_id=playbook_id, execution_id=execution_id, at=at)


def _refusal(
    tickets: Tickets, command: AdmitExecution, trigger: Trigger | None, at: datetime
) -> Rejection | None:
    """Return why the execution is not admitted; None: it is."""
    start, dedupe, throttle = command.start, command.dedupe, command.throttle
    if tickets.get(start.execution_id) is not None:
        return dropped(start, "already_started", "the execution has been admitted already", at)
    if trigger is None:
        return dropped(start, "unknown_playbook", "the playbook has been deleted", at)
    if dedupe is not None and (first := tickets.deduped(dedupe.key, at)) is not None:
        until = "" if first.dedupe_until is None else f" until {_told(first.dedupe_until)}"
        reason = f"the dedupe key {dedupe.key!r} has started {first.execution_id}: no other{until}"
        return dropped(start, "deduplicated", reason, at)
    if throttle is not None:
        count, free_at = tickets.throttled(throttle.key, at)
        if count >= throttle.limit and free_at is not None:
            within = f"{count} executions within {throttle.per_seconds:g} s"
            key = f" for the throttle key {throttle.key!r}" if throttle.key else ""
            reason = f"{within}{key}: no other before {_told(free_at)}"
            return dropped(start, "throttled", reason, at)
    return None


def dropped(start: StartExecution, code: str, reason: str, at: datetime) -> Rejection:
    """Return the record of a start that will not be: under the id that its execution would have."""
    event_id = (start.event or {}).get("id")
    return Rejection(
        execution_id=start.execution_id,
        command_id=start.id,
        command_type=start.type,
        at=at,
        code=code,
        reason=reason,
        playbook_id=start.playbook_id,
        event_id=None if event_id is None else str(event_id),
    )


def missed(start: StartExecution, firing: Firing, at: datetime) -> Rejection:
    """Return the record of the firings for which ``start`` stands in."""
    times = "time" if firing.missed == 1 else "times"
    reason = (
        f"{firing.missed} earlier {times} of the schedule passed while no worker ran: "
        f"only the last, {_told(firing.due_at)}, is made up for"
    )
    told = dropped(start, "missed", reason, at)
    identity = caused_command_id(start.id, "missed")
    return told.model_copy(update={"command_id": identity, "count": firing.missed})


def _admitted(
    tickets: Tickets, command: AdmitExecution, trigger: Trigger | None, at: datetime
) -> tuple[AdmissionEvent, ...]:
    places = None if trigger is None else trigger.max_running
    place = None
    if places is not None:
        free = len(tickets.taken) + len(tickets.waiting) < places
        place = Place.TAKEN if free else Place.WAITING
    dedupe, throttle = command.dedupe, command.throttle
    ticket = Ticket(
        playbook_id=command.playbook_id,
        execution_id=command.start.execution_id,
        number=tickets.number + 1,
        dedupe_key=None if dedupe is None else dedupe.key,
        dedupe_until=None if dedupe is None else at + timedelta(seconds=dedupe.window_seconds),
        throttle_key=None if throttle is None else throttle.key,
        throttle_until=None if throttle is None else at + timedelta(seconds=throttle.per_seconds),
        place=place,
        start=command.start if place is Place.WAITING else None,
    )
    return (ExecutionAdmitted(ticket, command.start),)


def _calls(
    tickets: Tickets, trigger: Trigger | None, leaving: Ticket | None = None
) -> Iterator[PlaceTaken]:
    """Yield who may start now, in order. leaving: whose place, or waiting, is over."""
    if trigger is None:
        return
    places, left = trigger.max_running, None if leaving is None else leaving.execution_id
    taken = len(tickets.taken) - (left in tickets.taken)
    waiting = (execution_id for execution_id in tickets.waiting if execution_id != left)
    for execution_id in islice(waiting, None if places is None else max(0, places - taken)):
        ticket = tickets.get(execution_id)
        if ticket is not None and ticket.start is not None:
            yield PlaceTaken(execution_id, ticket.start)


def _told(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
