"""A history: the events of one execution as they come on the log, and what is wrong with them.

For ``streams/verification.py``, which holds one for each execution it has met. No more is
kept of it than is needed to judge the next event: an execution that has ended is let go.
"""

from dataclasses import dataclass, field
from datetime import datetime

from engine.evolution import evolve
from engine.identities import event_id
from schemas.events import Event
from schemas.executions import ENDED, Ended, Execution, Status
from streams.causes import Causes


@dataclass(frozen=True)
class Fault:
    """Something that must not be. what: the thing; expected, found: in words."""

    what: str
    expected: str
    found: str


@dataclass(slots=True)
class History:
    """What has been met so far, in the order of the log.

    causes: the commands of its partition. first: the number of the event it begins with, 1
    unless retention took those before it. following: the number of the next event. status, at:
    as the last event left them. cause, caused: the command of the last event, and all of them.
    ahead: those events that came before their turn. execution: as the events leave it; None: it
    is cut, or it has ended and was let go, or its events do not fold.
    """

    causes: Causes
    first: int = 1
    following: int = 1
    status: Status | None = None
    stuck: bool = False
    at: datetime | None = None
    cause: str = ""
    caused: set[str] = field(default_factory=set)
    execution: Execution | None = None
    ahead: dict[int, Event] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        """Whether its first events are gone, so that nobody can fold it any more."""
        return self.first > 1

    @property
    def ended(self) -> bool:
        """Whether it has come to its end; of one that is cut nobody can tell."""
        return self.status in ENDED

    @property
    def is_whole(self) -> bool:
        """Whether everything up to its last event has been folded."""
        return not (self.is_cut or self.stuck or self.ahead)

    def memory(self, execution_id: str) -> Ended | None:
        """Return what is remembered of it; None: it has not ended."""
        if self.status is None or self.at is None or not self.ended:
            return None
        return Ended(execution_id, self.status, self.at)

    @property
    def count(self) -> int:
        """How many different events have been met."""
        return self.following - self.first + len(self.ahead)

    def has(self, sequence: int) -> bool:
        """Tell whether event number ``sequence`` has been met."""
        return self.first <= sequence < self.following or sequence in self.ahead

    def take(self, event: Event) -> list[Fault]:
        """Take the next event of the log; return what is wrong with it."""
        faults = _identity_faults(event)
        name = f"event {event.sequence}"
        if self.has(event.sequence):
            return [*faults, Fault(name, "once on the log", "it stands there again")]
        later = max(self.ahead, default=0)
        if event.sequence < later:
            faults.append(Fault(name, f"before event {later}", "after it"))
        self.ahead[event.sequence] = event
        while self.following in self.ahead and not self.stuck:
            faults += self._follow(self.ahead[self.following])
        return faults

    def missing(self) -> list[Fault]:
        """Return the events that never came, once the log has been read. ``stuck`` ones came."""
        missing = (n for n in range(self.following, max(self.ahead, default=0)) if not self.has(n))
        return [Fault(f"event {n}", "on the log", "missing: a gap") for n in missing]

    def _follow(self, event: Event) -> list[Fault]:
        """Fold the event whose turn it is."""
        name = f"event {event.sequence}"
        faults: list[Fault] = []
        if self.at is not None and event.at < self.at:
            expected = f"not before {self.at.isoformat()}"
            faults.append(Fault(f"{name}: at", expected, event.at.isoformat()))
        if self.ended:
            faults.append(Fault(name, "nothing: the execution has ended", event.type))
        else:
            faults += self._cause_faults(event)
            if not self.is_cut:
                try:
                    self.execution = evolve(self.execution, event)
                except Exception as error:
                    self.stuck = True
                    return [*faults, Fault(name, "an event that folds", repr(error))]
                self.status = self.execution.status
            self.at = event.at
        if self.ended:
            self.caused = set()  # nothing may come any more
        del self.ahead[event.sequence]
        self.following += 1
        return faults

    def _cause_faults(self, event: Event) -> list[Fault]:
        """Return what is wrong with the command that the event whose turn it is names."""
        if event.command_id == self.cause:
            return []
        self.cause, what = event.command_id, f"event {event.sequence}: command_id"
        if event.command_id in self.caused:
            once = "a command that has caused nothing before"
            return [Fault(what, once, f"{event.command_id} again")]
        self.caused.add(event.command_id)
        if self.is_cut or self.causes.has(self.execution, event):
            return []
        known = "a command on execution-commands, or a timer that was due"
        return [Fault(what, known, event.command_id)]


def _identity_faults(event: Event) -> list[Fault]:
    expected = event_id(event.execution_id, event.sequence)
    if event.id == expected:
        return []
    return [Fault(f"event {event.sequence}: id", expected, event.id)]
