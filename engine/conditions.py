"""Trigger conditions: read, checked as a whole, and decided against a context.

    {"severity": {"$gte": "high"}, "$or": [{"asset_tags": "production"}, {"cvss": {"$gt": 9}}]}

A field says a literal or operators; everything that stands side by side must hold. What is
read keeps path, operator and expected value, so that ``first_failing`` can say why an event
did not match. Called where a playbook enters (``problems``), by the trigger index
(``compiled``) and to explain. What each operator means stands in ``engine/operators.py``.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from engine.clauses import All, Clause, Condition, Either, Negation
from engine.contexts import RUN_ROOTS, SECRETS, finder
from engine.operators import NESTING_MAX, OPERATORS
from schemas.problems import Problem, below

CLAUSES_MAX = 200
"""Of one trigger: all are read again by whoever starts, and may be decided for every event."""

_GROUPS = ("$and", "$or", "$not")


class ConditionsError(ValueError):
    """Conditions that mean nothing. ``problems`` holds everything that is wrong with them."""

    def __init__(self, found: list[Problem]) -> None:
        self.problems = found
        super().__init__("; ".join(f"{p.pointer}: {p.message}" for p in found))


def compiled(conditions: Any) -> All:
    """Return ``conditions`` ready to be decided. Raises ConditionsError."""
    reader = _Reader()
    condition = reader.conditions(conditions, "", 1)
    if reader.problems:
        raise ConditionsError(reader.problems)
    return condition


def problems(conditions: Any, pointer: str) -> list[Problem]:
    """Return everything that is wrong with ``conditions``, which stand at ``pointer``."""
    reader = _Reader()
    reader.conditions(conditions, pointer, 1)
    return reader.problems


class _Reader:
    """Reads conditions to the end, whatever is wrong, and keeps the problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._clauses = 0

    def conditions(self, given: Any, pointer: str, depth: int) -> All:
        """Read field → literal or operators, and groups of these."""
        parts: list[Condition] = []
        if not isinstance(given, dict):
            self._wrong(pointer, "conditions are an object: field → value or operators")
        elif depth > NESTING_MAX:
            self._wrong(pointer, f"conditions nest at most {NESTING_MAX} deep")
        else:
            for name, value in given.items():
                at = below(pointer, name)
                if name in _GROUPS:
                    parts += self._group(name, value, at, depth, self.conditions, "")
                elif name.startswith("$"):
                    self._wrong(at, self._misplaced(name))
                elif self._is_path(name, at):
                    parts += self._field(name, value, at, depth)
        return All(tuple(parts), expected=given, pointer=pointer)

    def _field(self, path: str, given: Any, pointer: str, depth: int) -> list[Condition]:
        if not isinstance(given, dict):
            return self._clause(path, "$eq", given, pointer)
        if not any(name.startswith("$") for name in given):
            self._check_object(path, given, pointer)
            return self._clause(path, "$eq", given, pointer)

        def operand(value: Any, at: str, depth: int) -> All:
            if depth > NESTING_MAX:
                self._wrong(at, f"conditions nest at most {NESTING_MAX} deep")
                return All((), expected=value, pointer=at)
            return All(tuple(self._field(path, value, at, depth)), expected=value, pointer=at)

        parts: list[Condition] = []
        for name, value in given.items():
            at = below(pointer, name)
            if name in OPERATORS:
                parts += self._clause(path, name, value, at)
            elif name in _GROUPS:
                parts += self._group(name, value, at, depth, operand, path)
            else:
                self._wrong(at, f"unknown operator {name}{_nearest(name)}")
        return parts

    def _group(
        self,
        name: str,
        given: Any,
        pointer: str,
        depth: int,
        read: Callable[[Any, str, int], All],
        path: str,
    ) -> list[Condition]:
        if name == "$not":
            return [Negation(read(given, pointer, depth + 1), path, given, pointer)]
        if not isinstance(given, list) or not given:
            self._wrong(pointer, f"{name} takes a list of at least one condition")
            return []
        parts = [read(each, below(pointer, i), depth + 1) for i, each in enumerate(given)]
        if name == "$and":
            return list(parts)
        return [Either(tuple(parts), path, given, pointer)]

    def _clause(self, path: str, name: str, expected: Any, pointer: str) -> list[Condition]:
        self._clauses += 1
        if self._clauses > CLAUSES_MAX:
            if self._clauses == CLAUSES_MAX + 1:
                many = f"conditions compare at most {CLAUSES_MAX} times; say $in for many values"
                self._wrong(pointer, many)
            return []
        operator = OPERATORS[name]
        try:
            test = operator.test(expected, path)
        except ValueError as error:
            self._wrong(pointer, f"{name} {error}")
            return []
        return [
            Clause(
                path=path,
                operator=name,
                expected=expected,
                pointer=pointer,
                find=finder(path),
                test=test,
                among=operator.among(expected, path),
            )
        ]

    def _is_path(self, path: str, pointer: str) -> bool:
        if not all(path.split(".")):
            self._wrong(pointer, "a field is a name, or names joined by single dots")
            return False
        head, dot, _ = path.partition(".")
        if dot and head in (*RUN_ROOTS, SECRETS):
            self._wrong(
                pointer,
                f"{head} is not known before an execution starts; "
                f"a field of the event is written finding.{path}",
            )
            return False
        return True

    def _check_object(self, path: str, given: dict[str, Any], pointer: str) -> None:
        if not given:
            self._wrong(pointer, "no operator is given; for the empty object, write $eq: {}")
        for name in given:
            if f"${name}" in OPERATORS or f"${name}" in _GROUPS:
                self._wrong(below(pointer, name), f"operators start with $; did you mean ${name}")

    def _misplaced(self, name: str) -> str:
        if name in OPERATORS:
            return f"{name} belongs under a field: severity: {{{name}: …}}"
        return f"unknown operator {name}{_nearest(name, _GROUPS)}"

    def _wrong(self, pointer: str, message: str) -> None:
        self.problems.append(Problem(pointer, message))


def _nearest(name: str, known: tuple[str, ...] = (*OPERATORS, *_GROUPS)) -> str:
    if not name.startswith("$"):
        return "; a field that says operators says nothing else"
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}" if close else f"; known are {', '.join(known)}"
