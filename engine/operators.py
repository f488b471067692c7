"""The operators of trigger conditions: what each accepts, and when it holds.

``OPERATORS`` is the whole language; ``engine/conditions.py`` reads it. A test gets what
the path led to (see ``paths.find``) and never raises, whatever the event holds.
"""

import operator as python
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import re2

from engine import comparisons, networks
from engine.comparisons import ELEMENTS_MAX, SEVERITIES, Key, Measure, elements, key, keys
from engine.paths import MISSING, Several

Test = Callable[[Any], bool]

NESTING_MAX = 8
"""How deep conditions, and values in them, may nest."""

REGEX_LENGTH_MAX = 1_000
REGEX_PROGRAM_MAX = 1_000
SEARCHED_BYTES_MAX = 65_536
"""How much text of a value ``$regex`` looks at: time is the product of this and the program."""

VALUES_MAX = 10_000
"""In a list of ``$in``, ``$nin`` or ``$cidr``."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    test: expected value, path → the test. Raises ValueError with what is wrong with the value,
    in words that go on after the operator's name: ``takes a list``.
    among: the keys of which the value must have one if the test is to hold, None when no such
    list can be given: what the trigger index is built on.
    """

    test: Callable[[Any, str], Test]
    among: Callable[[Any, str], frozenset[Key] | None] = lambda expected, path: None


def _equality(expected: Any, path: str) -> Test:
    _check_nesting(expected)
    wanted, whole = key(expected), isinstance(expected, list | dict)

    def test(value: Any) -> bool:
        # By far the most values are texts, of every finding that comes.
        return value.casefold() == wanted if type(value) is str else wanted in keys(value, whole)

    return test


def _membership(expected: Any, path: str) -> Test:
    if not isinstance(expected, list) or not expected:
        raise ValueError("takes a list of at least one value")
    _check_length(expected)
    for each in expected:
        _check_nesting(each, NESTING_MAX - 1)
    wanted = frozenset(map(key, expected))
    whole = any(isinstance(each, list | dict) for each in expected)
    return lambda value: not wanted.isdisjoint(keys(value, whole))


def _negated(positive: Callable[[Any, str], Test]) -> Callable[[Any, str], Test]:
    def build(expected: Any, path: str) -> Test:
        test = positive(expected, path)
        return lambda value: not test(value)

    return build


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], Test]:
    def build(expected: Any, path: str) -> Test:
        measure, limit = _measure(expected, path)

        def test(value: Any) -> bool:
            measured = (measure(element) for element in elements(value))
            return any(each is not None and compare(each, limit) for each in measured)

        return test

    return build


def _severities(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], Any]:
    def among(expected: Any, path: str) -> frozenset[Key] | None:
        measure, limit = _measure(expected, path)
        if measure is not comparisons.rank:
            return None
        return frozenset(word for rank, word in enumerate(SEVERITIES) if compare(rank, limit))

    return among


def _measure(expected: Any, path: str) -> tuple[Measure, Any]:
    """Return how values are measured against ``expected``, and its own measure."""
    measures: list[Measure] = [comparisons.number, comparisons.moment]
    if path.rpartition(".")[2].casefold().endswith("severity"):
        measures.insert(0, comparisons.rank)
    for measure in measures:
        limit = measure(expected)
        if limit is not None:
            return measure, limit
    if comparisons.rank in measures:
        raise ValueError(f"takes one of {', '.join(SEVERITIES)}, or a number, for a severity")
    raise ValueError("takes a number or an RFC 3339 time (2026-01-31T12:00:00Z)")


def _existence(expected: Any, path: str) -> Test:
    if not isinstance(expected, bool):
        raise ValueError("takes true or false")
    return lambda value: (value is not MISSING) is expected


def _containment(expected: Any, path: str) -> Test:
    if isinstance(expected, list | dict) or expected == "":
        raise ValueError("takes one value that is not empty; for several, write $in or $and")
    wanted = key(expected)

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return isinstance(wanted, str) and wanted in value.casefold()
        if isinstance(value, Several):
            return any(test(each) for each in value)
        return isinstance(value, list) and wanted in keys(value, whole=False)

    return test


def _text(holds: Callable[[str, str], bool]) -> Callable[[Any, str], Test]:
    def build(expected: Any, path: str) -> Test:
        if not isinstance(expected, str) or not expected:
            raise ValueError("takes a text that is not empty")
        wanted = expected.casefold()
        return lambda value: any(
            isinstance(element, str) and holds(element.casefold(), wanted)
            for element in elements(value)
        )

    return build


def _regex(expected: Any, path: str) -> Test:
    if not isinstance(expected, str) or not 0 < len(expected) <= REGEX_LENGTH_MAX:
        raise ValueError(f"takes a regular expression of 1 to {REGEX_LENGTH_MAX} characters")
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.never_capture = False, False, True
    try:
        expression = re2.compile(expected, options)
    except (re2.error, UnicodeEncodeError) as error:
        fault = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(
            f"takes an RE2 regular expression, without look-around and back references: {fault}"
        ) from None
    if expression.programsize > REGEX_PROGRAM_MAX:
        raise ValueError("takes a smaller regular expression: use fewer or lower repetitions")

    def test(value: Any) -> bool:
        left = SEARCHED_BYTES_MAX
        for each in elements(value):
            if isinstance(each, str) and left > 0:
                searched = each[:left].encode("utf-8", "replace")[:left]
                left -= len(searched)
                if expression.search(searched) is not None:
                    return True
        return False

    return test


def _network(expected: Any, path: str) -> Test:
    given = expected if isinstance(expected, list) and expected else [expected]
    if not all(isinstance(each, str) for each in given):
        raise ValueError("takes a network such as 10.0.0.0/8, or a list of them")
    _check_length(given)
    wanted = networks.Networks(_wanted_network(each) for each in given)
    return lambda value: any(isinstance(e, str) and wanted.hold(e) for e in elements(value))


def _wanted_network(text: str) -> networks.Network:
    try:
        return networks.exact(text)
    except ValueError as error:
        raise ValueError(f"takes a network such as 10.0.0.0/8: {error}") from None


def _check_length(expected: list[Any]) -> None:
    if len(expected) > VALUES_MAX:
        raise ValueError(f"takes a list of at most {VALUES_MAX:,} values")


def _check_nesting(expected: Any, deepest: int = NESTING_MAX) -> None:
    if not isinstance(expected, list | dict):
        return
    if deepest == 0:
        raise ValueError(f"takes a value that nests at most {NESTING_MAX} deep")
    if len(expected) > ELEMENTS_MAX:
        raise ValueError(f"takes a value with at most {ELEMENTS_MAX:,} elements")
    for each in expected.values() if isinstance(expected, dict) else expected:
        _check_nesting(each, deepest - 1)


def _one(expected: Hashable, path: str) -> frozenset[Key]:
    return frozenset({key(expected)})


def _each(expected: list[Any], path: str) -> frozenset[Key]:
    return frozenset(map(key, expected))


OPERATORS: dict[str, Operator] = {
    "$eq": Operator(_equality, _one),
    "$ne": Operator(_negated(_equality)),
    "$in": Operator(_membership, _each),
    "$nin": Operator(_negated(_membership)),
    "$gt": Operator(_order(python.gt), _severities(python.gt)),
    "$gte": Operator(_order(python.ge), _severities(python.ge)),
    "$lt": Operator(_order(python.lt), _severities(python.lt)),
    "$lte": Operator(_order(python.le), _severities(python.le)),
    "$exists": Operator(_existence),
    "$contains": Operator(_containment, _one),
    "$startswith": Operator(_text(str.startswith)),
    "$endswith": Operator(_text(str.endswith)),
    "$regex": Operator(_regex),
    "$cidr": Operator(_network),
}
