"""How the page says things: times, durations, values, triggers."""

from datetime import datetime
from typing import Any, Final

import orjson

from schemas.playbooks import Trigger

_EVENTS: Final = {
    "finding.new": "When a finding is new",
    "finding.status_changed": "When the status of a finding changes",
    "scan.completed": "When a scan has completed",
    "scan.failed": "When a scan has failed",
    "action.completed": "When an action has completed",
    "manual": "When somebody runs it",
    "schedule": "By the clock",
}
_OPERATORS: Final = {
    "$eq": "is",
    "$ne": "is not",
    "$in": "is one of",
    "$nin": "is none of",
    "$gt": "is over",
    "$gte": "is at least",
    "$lt": "is under",
    "$lte": "is at most",
    "$regex": "matches",
    "$contains": "contains",
    "$cidr": "is in the network",
}


def moment(at: datetime | None) -> str:
    """Return a time as people read it, in UTC."""
    return "—" if at is None else f"{at:%d %b %H:%M:%S}"


def duration(seconds: float | None) -> str:
    """Return a duration: 0.4 s, 12 s, 3 min 4 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None:
        return "—"
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = int(seconds)
    for unit, size, smaller, less in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // less} {smaller}"
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def json(value: Any) -> str:
    """Return a value as JSON, indented; for reading."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


def spoken(trigger: Trigger) -> str:
    """Return a trigger as a sentence."""
    sentence = _EVENTS.get(trigger.event, trigger.event)
    if trigger.cron is not None:
        sentence += f": {trigger.cron} ({trigger.timezone or 'UTC'})"
    clauses = [_clause(path, wanted) for path, wanted in trigger.conditions.items()]
    if clauses:
        sentence += ", and " + " and ".join(clauses)
    limits = []
    if trigger.dedupe is not None:
        limits.append(f"once for each {trigger.dedupe.key} within {trigger.dedupe.window}")
    if trigger.throttle is not None:
        limits.append(f"at most {trigger.throttle.limit} in {trigger.throttle.per}")
    if trigger.max_running is not None:
        limits.append(f"{trigger.max_running} at once")
    return "; ".join([sentence, *limits])


def _clause(path: str, wanted: Any) -> str:
    if isinstance(wanted, dict) and wanted:
        parts = [f"{_OPERATORS.get(name, name)} {_value(value)}" for name, value in wanted.items()]
        return f"{path} " + " and ".join(parts)
    return f"{path} is {_value(wanted)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
