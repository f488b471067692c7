"""Findings and playbooks for the tests on real Kafka."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schemas.commands import StartExecution
from schemas.playbooks import PlaybookPublished
from tests.examples import FINDING, action


def findings(count: int, severity: str = "critical") -> Iterator[dict[str, Any]]:
    """Yield findings with ids of their own, spread over fifty assets."""
    for number in range(count):
        asset = {"id": f"a-{number % 50}", "name": "app.example.com", "type": "domain"}
        data = FINDING["data"] | {
            "finding_id": f"f-{number}",
            "severity": severity,
            "asset": asset,
        }
        yield FINDING | {"id": f"evt-{number}", "data": data}


def logging_playbook(steps: int, **says: Any) -> dict[str, Any]:
    """Return a playbook of so many steps that log, triggered by critical findings."""
    return {
        "id": "pb-logging",
        "name": "Logging",
        "version": "1.0.0",
        "trigger": {"event": "finding.new", "conditions": {"severity": "critical"}},
        "steps": [
            action(f"step-{n}", parameters={"title": "{{ finding.title }}", "number": n})
            for n in range(steps)
        ],
    } | says


def start(playbook: PlaybookPublished, execution_id: str, **says: Any) -> StartExecution:
    """Return the command that starts an execution of a playbook, whoever has read that yet."""
    facts: dict[str, Any] = {
        "id": f"start-{execution_id}",
        "execution_id": execution_id,
        "at": datetime.now(UTC),
        "playbook_id": playbook.playbook_id,
        "playbook_revision": playbook.revision,
        "trigger": "manual",
    }
    return StartExecution(**(facts | says))
