"""The processing summary of a document (10.14): always derived, never believed."""

from collections.abc import Callable
from typing import Any, Final

from schemas.messages import JsonObject

_LOGIC: Final = {
    "external_playbooks": "playbook-action",
    "parallel_processing": "parallel",
    "if_logic": "if-condition",
    "while_logic": "while-condition",
    "switch_logic": "switch-condition",
}
_EXTENDED: Final = ("playbook_extensions", "step_extensions", "agent_target_extensions")


def summary(document: JsonObject) -> dict[str, bool]:
    """Return what is true of a document; what is not is left out."""
    steps = [step for step in _values(document, "workflow") if isinstance(step, dict)]
    types = {step.get("type") for step in steps}
    commands = [command for step in steps for command in _commands(step)]
    signatures = [each for each in _list(document, "signatures") if isinstance(each, dict)]
    found = {
        "manual_playbook": bool(commands) and all(c.get("type") == "manual" for c in commands),
        **{name: kind in types for name, kind in _LOGIC.items()},
        "temporal_logic": any(step.get("delay") or step.get("timeout") for step in steps),
        "data_markings": bool(document.get("markings")),
        "digital_signatures": bool(signatures),
        "countersigned_signatures": any(each.get("signature") for each in signatures),
        "extensions": _any_part(document, lambda part: any(part.get(n) for n in _EXTENDED)),
    }
    return {name: True for name, is_true in found.items() if is_true}


def _commands(step: JsonObject) -> list[JsonObject]:
    return [command for command in _list(step, "commands") if isinstance(command, dict)]


def _any_part(document: JsonObject, holds: Callable[[JsonObject], bool]) -> bool:
    parts = [document]
    for name in ("workflow", "agent_definitions", "target_definitions"):
        parts += [part for part in _values(document, name) if isinstance(part, dict)]
    return any(holds(part) for part in parts)


def _values(document: JsonObject, name: str) -> list[Any]:
    found = document.get(name)
    return list(found.values()) if isinstance(found, dict) else []


def _list(owner: JsonObject, name: str) -> list[Any]:
    found = owner.get(name)
    return found if isinstance(found, list) else []
