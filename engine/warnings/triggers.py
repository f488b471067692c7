"""Warnings about triggers: that they match everything, or never what is meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from engine.clauses import All, Clause, Condition, Either, Negation
from engine.comparisons import SEVERITIES
from engine.conditions import compiled
from engine.explanations import storm_control
from schemas.playbooks import Playbook, Trigger
from schemas.problems import Problem

_MANY: Final = {
    "finding.new": "finding",
    "finding.status_changed": "change of a finding",
    "action.completed": "action that any playbook completes",
}
"""Events that come in numbers, and what there is one of for each."""

_EQUALITIES: Final = frozenset({"$eq", "$ne", "$in", "$nin"})


def trigger_warnings(playbook: Playbook) -> Iterator[Problem]:
    """Yield what a trigger matches too much of, or can never match."""
    trigger = playbook.trigger
    yield from _everything(trigger)
    for clause in _clauses(compiled(trigger.conditions)):
        at = f"/trigger/conditions{clause.pointer}"
        yield from _list(clause, at)
        yield from _severity(clause, at)
    if trigger.event != "manual":
        yield from _required(playbook)


def _everything(trigger: Trigger) -> Iterator[Problem]:
    if trigger.event in _MANY and not trigger.conditions and not storm_control(trigger):
        yield Problem(
            "/trigger",
            f"starts for every {_MANY[trigger.event]}: say conditions, or throttle",
        )


def _list(clause: Clause, at: str) -> Iterator[Problem]:
    if clause.operator == "$eq" and isinstance(clause.expected, list) and not at.endswith("/$eq"):
        yield Problem(
            at,
            "a list is compared as a whole: for one of several write {$in: […]}; if it is meant, "
            "{$eq: […]}",
        )


def _severity(clause: Clause, at: str) -> Iterator[Problem]:
    if clause.operator not in _EQUALITIES or clause.path.rpartition(".")[2] != "severity":
        return
    for word in _words(clause.expected):
        if word.casefold() not in SEVERITIES:
            near = get_close_matches(word.casefold(), SEVERITIES, n=1)
            hint = f"did you mean {near[0]}" if near else f"known are {', '.join(SEVERITIES)}"
            yield Problem(at, f"no finding has the severity {word[:80]}: {hint}")


def _required(playbook: Playbook) -> Iterator[Problem]:
    for name, parameter in playbook.parameters.items():
        if parameter.required and parameter.default is None:
            yield Problem(
                f"/parameters/{name}",
                f"is required, but {playbook.trigger.event} brings no parameters: say a default",
            )


def _words(expected: Any) -> list[str]:
    several = expected if isinstance(expected, list) else [expected]
    return [each for each in several if isinstance(each, str)]


def _clauses(condition: Condition) -> Iterator[Clause]:
    match condition:
        case Clause():
            yield condition
        case All() | Either():
            for part in condition.parts:
                yield from _clauses(part)
        case Negation():
            yield from _clauses(condition.part)
