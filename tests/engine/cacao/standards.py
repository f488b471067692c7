"""The standard, and exports, for tests: built once."""

from datetime import UTC, datetime
from typing import Any

from api.rest.standard import standard
from engine.cacao.exporting.document import exported
from engine.cacao.identifiers import EXTENSION
from engine.playbooks import revision
from schemas.playbooks import Playbook

CREATED = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
MODIFIED = datetime(2026, 2, 3, 4, 5, 6, 7_000, tzinfo=UTC)


def playbook(*steps: dict[str, Any], **says: Any) -> Playbook:
    """Return a playbook of these steps."""
    return Playbook.model_validate(
        {
            "id": "pb-x",
            "name": "X",
            "version": "1.0.0",
            "trigger": {"event": "manual"},
            "steps": list(steps),
        }
        | says
    )


def export(of: Playbook, **says: Any) -> dict[str, Any]:
    """Return the document of a playbook."""
    return exported(of, created=CREATED, modified=MODIFIED, **says)


def levels(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the messages that each level has about a document."""
    found: dict[str, list[str]] = {}
    for finding in standard().findings(document):
        found.setdefault(finding.level, []).append(f"{finding.pointer}: {finding.message}")
    return found


def key_of(document: dict[str, Any], step_id: str, copies: bool = False) -> Any:
    """Return the key of a step of the playbook; with ``copies``, of each place it stands in."""
    keys = [
        key
        for key, step in document["workflow"].items()
        if step.get("step_extensions", {}).get(EXTENSION, {}).get("step_id") == step_id
    ]
    return keys if copies else keys[0]


def step_of(document: dict[str, Any], step_id: str) -> dict[str, Any]:
    """Return a step of the playbook in its document."""
    step: dict[str, Any] = document["workflow"][key_of(document, step_id)]
    return step


def revision_of(definition: dict[str, Any]) -> str:
    """Return the revision of a definition."""
    return revision(Playbook.model_validate(definition))
