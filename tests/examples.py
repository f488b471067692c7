"""The playbook, the finding and the builders that tests speak with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.compiling import compiled
from engine.evolution import fold
from engine.executions import decide
from engine.graphs import Graph
from engine.playbooks import revision
from engine.timers import next_timer, timers
from schemas import commands
from schemas.commands import Command, Rejection, StepError
from schemas.events import Event
from schemas.executions import Execution, StepStatus
from schemas.playbooks import Playbook
from tests.evolutions import followed

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

CRITICAL_FINDING_ALERT: dict[str, Any] = {
    "name": "Critical Finding Alert",
    "version": "1.0.0",
    "description": "Tells the team and opens a ticket for every critical finding",
    "trigger": {"event": "finding.new", "conditions": {"severity": "critical"}},
    "on_failure": "abort",
    "timeout_minutes": 30,
    "tags": ["incident-response", "critical"],
    "steps": [
        {
            "id": "notify",
            "name": "Notify Slack",
            "type": "action",
            "action_ref": "act-slack-notify",
            "parameters": {
                "channel": "#security-alerts",
                "message": "Critical finding: {{ finding.title }}",
            },
            "on_success": "create-ticket",
        },
        {
            "id": "create-ticket",
            "name": "Create Jira Ticket",
            "type": "action",
            "action_ref": "act-jira-create",
            "parameters": {
                "project": "SEC",
                "summary": "{{ finding.title }}",
                "description": "{{ finding.description }}",
                "priority": "Critical",
            },
        },
    ],
}
"""The playbook of the API documentation ("Playbooks", create)."""

FINDING: dict[str, Any] = {
    "id": "evt-8a3b9c2d",
    "event": "finding.new",
    "timestamp": "2026-03-01T12:00:00Z",
    "data": {
        "finding_id": "f-91827",
        "title": "SQL Injection in login form",
        "severity": "critical",
        "cvss": 9.8,
        "asset": {"id": "a-1001", "name": "app.example.com", "type": "domain", "tags": ["web"]},
        "scan_id": "sc-44021",
        "description": "The parameter user is put into a query as it is.",
        "remediation": "Use bound parameters.",
    },
}


def action(step_id: str, **says: Any) -> dict[str, Any]:
    """Return an action step that logs."""
    return {"id": step_id, "type": "action", "action_ref": "act-log", "parameters": {}} | says


def playbook(*steps: dict[str, Any], **says: Any) -> Playbook:
    """Return a valid playbook of these steps."""
    document = {
        "id": "pb-example",
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new"},
        "steps": list(steps),
    }
    return Playbook.model_validate(document | says)


def graph(*steps: dict[str, Any], **says: Any) -> Graph:
    """Return the graph of a playbook of these steps."""
    definition = playbook(*steps, **says)
    return compiled(definition, revision(definition))


def step(step_id: str, kind: str, **says: Any) -> dict[str, Any]:
    """Return a step of some type."""
    return {"id": step_id, "type": kind} | says


def started(*steps: dict[str, Any], **says: Any) -> "Story":
    """Return the story of an execution of these steps that has just started."""
    event_data = says.pop("event_data", {})
    story = Story(graph(*steps, **says))
    story.start(event=FINDING | {"data": FINDING["data"] | event_data})
    return story


def code(decision: Any) -> str:
    """Return the code of a refusal."""
    assert isinstance(decision, Rejection), decision
    return decision.code


class Story:
    """An execution as a sequence of commands and events, one second apart."""

    def __init__(self, of: Graph, execution_id: str = "pexec-1") -> None:
        self.graph = of
        self.execution_id = execution_id
        self.at = NOON
        self.events: list[Event] = []
        self._commands = 0

    @property
    def execution(self) -> Execution:
        """The execution as its events leave it."""
        execution = fold(None, self.events)
        assert execution is not None
        return execution

    def give(self, command: Command) -> list[str] | Rejection:
        """Decide a command; return what happened, in short, or the rejection."""
        before = fold(None, self.events)
        decision = decide(before, command, self.graph)
        if isinstance(decision, Rejection):
            return decision
        _, wrong = followed(before, decision)
        assert wrong == []
        self.events += decision
        return [told(event) for event in decision]

    def start(self, **says: Any) -> list[str] | Rejection:
        """Start the execution."""
        return self.give(commands.StartExecution(**self._common(), **self._start(says)))

    def complete(self, step_id: str, output: Any = None, **says: Any) -> list[str] | Rejection:
        """Report that the step's attempt ended well."""
        facts = self._attempt(step_id) | says
        return self.give(commands.CompleteStep(**self._common(), **facts, output=output))

    def fail(
        self, step_id: str, message: str = "it broke", *, retryable: bool = False, **says: Any
    ) -> list[str] | Rejection:
        """Report that the step's attempt ended badly."""
        facts = self._attempt(step_id) | says
        error = StepError(code="http_status", message=message, retryable=retryable)
        return self.give(commands.FailStep(**self._common(), **facts, error=error))

    def cancel(self, **says: Any) -> list[str] | Rejection:
        """Stop the execution."""
        return self.give(commands.CancelExecution(**self._common(), by="alice", **says))

    def pause(self) -> list[str] | Rejection:
        """Start no further step."""
        return self.give(commands.PauseExecution(**self._common(), by="alice"))

    def resume(self) -> list[str] | Rejection:
        """Go on."""
        return self.give(commands.ResumeExecution(**self._common(), by="alice"))

    def queue(self, **says: Any) -> list[str] | Rejection:
        """Let the execution wait for a place."""
        return self.give(commands.QueueExecution(**self._common(), **self._start(says)))

    def approve(self, step_id: str, by: str = "alice", **says: Any) -> list[str] | Rejection:
        """Say yes."""
        facts = {"step_id": step_id, "by": by, "approved": True} | says
        return self.give(commands.ResolveApproval(**self._common(), **facts))

    def reject(self, step_id: str, by: str = "alice", **says: Any) -> list[str] | Rejection:
        """Say no."""
        return self.approve(step_id, by, approved=False, **says)

    @property
    def told(self) -> list[str]:
        """Everything that has happened, in short."""
        return [told(event) for event in self.events]

    def timers(self) -> list[str]:
        """Return the names of what falls due some time."""
        return [timer.name for timer in timers(self.execution)]

    def fire_next(self, **says: Any) -> list[str] | Rejection:
        """Let the time come that comes first."""
        timer = next_timer(self.execution)
        assert timer is not None
        return self.fire(timer.name, timer.due_at, **says)

    def status(self, step_id: str) -> StepStatus:
        """Return the status of a step."""
        return self.execution.steps[step_id].status

    def fire(self, timer: str, due_at: datetime, **says: Any) -> list[str] | Rejection:
        """Let a due time come."""
        self.at = max(self.at, due_at)
        return self.give(commands.FireTimer(**self._common(), timer=timer, due_at=due_at, **says))

    def _start(self, says: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "playbook_id": self.graph.playbook.id,
            "playbook_revision": self.graph.revision,
            "trigger": "finding.new",
            "event": FINDING,
        }
        return facts | says

    def _attempt(self, step_id: str) -> dict[str, Any]:
        run = self.execution.steps.get(step_id)
        visit, attempt = (run.visit, run.attempt) if run is not None else (1, 1)
        return {"step_id": step_id, "visit": visit, "attempt": attempt}

    def _common(self) -> dict[str, Any]:
        self._commands += 1
        self.at += timedelta(seconds=1)
        return {
            "id": f"command-{self._commands}",
            "execution_id": self.execution_id,
            "at": self.at,
        }


def told(event: Event) -> str:
    """Return an event in short: ``StepStarted notify``."""
    step_id = getattr(event, "step_id", None)
    return f"{event.type} {step_id}" if step_id and event.type[:9] != "Execution" else event.type


def said(event: Any, *names: str) -> tuple[Any, ...]:
    """Return what an event, a command or a step says under these names."""
    return tuple(getattr(event, name) for name in names)
