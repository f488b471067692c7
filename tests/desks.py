"""The desk where the executions of a playbook are admitted, for tests of what counts."""

from datetime import datetime, timedelta
from typing import Any

from engine import contexts, triggers
from engine.admissions import consequence, decide, evolve, expired, reconsidered
from engine.tickets import Tickets
from schemas.admissions import AdmissionEvent, AdmitExecution, ReleasePlace
from schemas.commands import Rejection, StartExecution
from schemas.playbooks import Trigger
from tests.examples import FINDING, NOON

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def trigger(**says: Any) -> Trigger:
    return Trigger.model_validate({"event": "finding.new"} | says)


class Desk:
    """Where the executions of one playbook are admitted, one second apart."""

    def __init__(self, **says: Any) -> None:
        self.trigger: Trigger | None = trigger(**says)
        self.tickets = Tickets()
        self.at = NOON
        self.starts: dict[str, StartExecution] = {}

    def ask(self, name: str, **data: Any) -> list[str]:
        """Let an event ask for the execution ``name``; return what comes of it."""
        start = self.start(name, FINDING | {"data": FINDING["data"] | data})
        current = self.trigger or trigger()
        context = contexts.of_finding(start.event or {})
        return self.give(triggers.admission(start, current, context, self.at))

    def start(self, name: str, event: dict[str, Any] | None = None) -> StartExecution:
        self.at += SECOND
        return StartExecution(
            id=f"start-{name}",
            execution_id=name,
            at=self.at,
            playbook_id="pb-example",
            playbook_revision="1",
            trigger="finding.new",
            event=event or FINDING,
        )

    def request(self, start: StartExecution, **says: Any) -> AdmitExecution:
        """Return what is asked before ``start`` with a trigger that says this."""
        context = contexts.of_finding(start.event or {})
        asked = triggers.admission(start, trigger(**says), context, self.at)
        assert isinstance(asked, AdmitExecution)
        return asked

    def give(self, command: Any) -> list[str]:
        if isinstance(command, Rejection):
            return [command.code]
        decision = decide(self.tickets, command, self.trigger, self.at)
        return [decision.code] if isinstance(decision, Rejection) else self.follow(decision)

    def end(self, name: str) -> list[str]:
        """Let an execution tell that it needs no place any more."""
        self.at += SECOND
        return self.give(
            ReleasePlace(id="r", playbook_id="pb-example", execution_id=name, at=self.at)
        )

    def change(self, new: Trigger | None) -> list[str]:
        """Let the playbook become another one, or none."""
        self.trigger = new
        return self.follow(reconsidered(self.tickets, new))

    def follow(self, happened: tuple[AdmissionEvent, ...]) -> list[str]:
        told = []
        for event in happened:
            evolve(self.tickets, event)
            command = consequence(event, self.at)
            if command is not None:
                told.append(f"{command.type} {command.execution_id}")
        return told

    def expire(self, name: str, at: datetime) -> None:
        ticket = self.tickets.get(name)
        assert ticket is not None
        self.follow(expired(ticket, at))
