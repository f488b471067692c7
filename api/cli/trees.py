"""An execution with its steps as a tree, as ``watch`` draws it on a terminal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text
from rich.tree import Tree

from api.cli.output import STYLES, printable


def tree(heading: str, steps: Iterable[Mapping[str, Any]]) -> Tree:
    """Return the tree. steps: as the REST API answers them."""
    drawn = Tree(Text(heading, "bold"))
    for step in steps:
        drawn.add(_line(step))
    return drawn


def _line(step: Mapping[str, Any]) -> Text:
    status = str(step["status"])
    line = Text.assemble((f"{status:<9}", STYLES.get(status, "")), "  ", printable(step["step_id"]))
    said = [_duration(step), _attempts(step), _reason(step)]
    line.append("".join(f"  {printable(each)}" for each in said if each), "dim")
    return line


def _duration(step: Mapping[str, Any]) -> str:
    if step["started_at"] is None or step["completed_at"] is None:
        return ""
    began, ended = (datetime.fromisoformat(step[name]) for name in ("started_at", "completed_at"))
    return f"{max((ended - began).total_seconds(), 0):.1f} s"


def _attempts(step: Mapping[str, Any]) -> str:
    return f"attempt {step['attempts']}" if step["attempts"] > 1 else ""


def _reason(step: Mapping[str, Any]) -> str:
    """Return why it failed, or what it waits for."""
    waiting = step["waiting"] if step["status"] == "waiting" else None
    if waiting is not None:
        return str(waiting["message"] or waiting["reason"])
    return str((step["error"] or {}).get("message", ""))
