"""CACAO documents to test with: small ones written by hand, and the real ones of others."""

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

SHARED = Path(__file__).parents[4] / "shared" / "data" / "cacao-playbooks"


def real() -> list[Path]:
    """Return the files of others, as far as they are there."""
    return sorted(SHARED.rglob("*.json"))


def loaded(path: Path) -> dict[str, Any]:
    """Return the document in a file."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def key(name: str) -> str:
    """Return the key of a step, of which the type is the word before the first blank."""
    kind, _, rest = name.partition(" ")
    return f"{kind}--{uuid5(NAMESPACE_URL, rest or kind)}"


def document(*steps: dict[str, Any], **says: Any) -> dict[str, Any]:
    """Return a document: ``start`` leads to the first step.

    A step is named ``type name``, and links name their targets so; ``end`` is the one end.
    """
    start = {"name": "start", "on_completion": steps[0]["name"]}
    workflow = {key(step["name"]): _linked(step) for step in (start, *steps, {"name": "end"})}
    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": "playbook--8b1f1c3e-94a4-4f6a-9a3c-0d7a3c4a1f10",
        "name": "Example",
        "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "workflow_start": key("start"),
        "workflow": workflow,
        "agent_definitions": {AGENT: {"type": "individual", "name": "Somebody"}},
    } | says


AGENT = f"individual--{uuid5(NAMESPACE_URL, 'agent')}"

_LINKS = ("on_completion", "on_success", "on_failure", "on_true", "on_false")


def action(name: str, *commands: dict[str, Any], **says: Any) -> dict[str, Any]:
    """Return an action step with these commands, ``bash`` by default, that leads to the end."""
    lead = {} if {"on_success", "on_failure"} & says.keys() else {"on_completion": "end"}
    return {
        "name": f"action {name}",
        "commands": list(commands) or [bash(f"run {name}")],
        "agent": AGENT,
        **lead,
        **says,
    }


def bash(command: str) -> dict[str, Any]:
    """Return a command that the operator must map."""
    return {"type": "bash", "command": command}


def variable(value: str | None = None, kind: str = "string", **says: Any) -> dict[str, Any]:
    """Return a declared variable."""
    return {"type": kind, **({} if value is None else {"value": value}), **says}


def _linked(step: dict[str, Any]) -> dict[str, Any]:
    kind, _, name = step["name"].partition(" ")
    linked = {**step, "type": kind, "name": name or kind}
    for link in _LINKS:
        if link in linked:
            linked[link] = key(linked[link])
    if "next_steps" in linked:
        linked["next_steps"] = [key(each) for each in linked["next_steps"]]
    if "cases" in linked:
        linked["cases"] = {case: key(each) for case, each in linked["cases"].items()}
    return linked
