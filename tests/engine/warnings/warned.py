"""Playbooks to be warned of, and what is said about them."""

from typing import Any

from engine.playbooks import problems
from engine.warnings.actions import Surroundings
from engine.warnings.warnings import NOWHERE, warnings
from tests.examples import action

CONDITIONS = {"severity": "critical"}


def document(*steps: dict[str, Any], **says: Any) -> dict[str, Any]:
    """Return a playbook of which nobody needs to be warned, but for what it is given."""
    base: dict[str, Any] = {
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new", "conditions": CONDITIONS},
        "steps": list(steps) or [action("one")],
    }
    return base | says


def warned(of: dict[str, Any], around: Surroundings = NOWHERE) -> dict[str, str]:
    """Return what a valid document is warned of: pointer → messages."""
    assert problems(of) == []
    found: dict[str, str] = {}
    for warning in warnings(of, around):
        before = f"{found[warning.pointer]}; " if warning.pointer in found else ""
        found[warning.pointer] = before + warning.message
    return found


def reading(text: str, step_id: str = "last", **says: Any) -> dict[str, Any]:
    """Return an action that reads something."""
    return action(step_id, parameters={"text": text}, **says)
