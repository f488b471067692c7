"""How two values compare: for trigger conditions, expressions and the trigger index alike.

Strings ignore case, a boolean is not a number, and nothing is converted: ``"1"`` is not 1.
Ordered are numbers, severities and RFC 3339 times, each only among themselves.
Lists follow MongoDB: a list has the value of each of its elements, and its own.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any

from engine.paths import MISSING, Several

SEVERITIES = ("info", "low", "medium", "high", "critical")
"""From the mildest to the worst. Any other word has no place in the order."""

_RANKS = {word: rank for rank, word in enumerate(SEVERITIES)}
_DEEPEST = 16
ELEMENTS_MAX = 3_000
"""At how many elements of a list a condition looks: a thousand tags are many."""

_NUMBERS = (int, float)
CONTAINERS = (list, dict)
"""What has values in it. A tuple: ``isinstance`` is several times slower with a union."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Key = Any
"""Hashable; two JSON values are equal exactly when their keys are."""

Measure = Callable[[Any], Any]
"""From a value to its place in an order, or None when it has none."""


def key(value: Any, deepest: int = _DEEPEST) -> Key:
    """Return the key of ``value``. Nothing equals what nests deeper than ``deepest``."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, CONTAINERS):
        if deepest == 0:
            return object()
        if isinstance(value, list):
            return ("list", tuple(key(element, deepest - 1) for element in value))
        return ("object", frozenset((k, key(v, deepest - 1)) for k, v in value.items()))
    return value


def equal(left: Any, right: Any, deepest: int = _DEEPEST) -> bool:
    """Tell whether two JSON values have the same key, without making the keys of large ones."""
    if isinstance(left, str) and isinstance(right, str):
        if left == right:
            return True
        # Folding makes a text at most three times as long: no need to fold a novel for a word.
        shorter, longer = sorted((len(left), len(right)))
        return longer <= 3 * shorter and left.casefold() == right.casefold()
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return bool(left == right)
    if not isinstance(left, CONTAINERS) or type(left) is not type(right):
        return bool(key(left) == key(right)) if not isinstance(right, CONTAINERS) else False
    if deepest == 0 or len(left) != len(right):
        return False
    if isinstance(left, list):
        return all(equal(a, b, deepest - 1) for a, b in zip(left, right, strict=True))
    return all(k in right and equal(v, right[k], deepest - 1) for k, v in left.items())


def keys(value: Any, whole: bool = True) -> list[Key]:
    """Return the key of everything that ``value`` counts as.

    whole: also lists and objects as a whole, which cost more than what is simple. What has more
    than ``ELEMENTS_MAX`` elements equals nothing: no condition can say so many.
    """
    if isinstance(value, Several):
        return [found for each in value[:ELEMENTS_MAX] for found in keys(each, whole)]
    if isinstance(value, list):
        some = value if len(value) <= ELEMENTS_MAX else value[:ELEMENTS_MAX]
        if not whole:
            return [
                e.casefold() if type(e) is str else key(e)
                for e in some
                if not isinstance(e, CONTAINERS)
            ]
        found = [key(element) for element in some]
        return [*found, key(value)] if some is value else found
    if value is MISSING or (isinstance(value, dict) and not (whole and len(value) <= ELEMENTS_MAX)):
        return []
    return [key(value)]


def elements(value: Any) -> Iterator[Any]:
    """Yield what ``value`` holds for comparisons that look at one element at a time.

    No more than ``ELEMENTS_MAX``: a finding may have hundreds of thousands.
    """
    if isinstance(value, Several):
        yield from islice(chain.from_iterable(map(elements, value)), ELEMENTS_MAX)
    elif isinstance(value, list):
        yield from islice(value, ELEMENTS_MAX)
    elif value is not MISSING:
        yield value


def rank(value: Any) -> int | None:
    """Return how bad a severity is, 0 being the mildest; None for anything else."""
    return _RANKS.get(value.casefold()) if isinstance(value, str) else None


def number(value: Any) -> int | float | None:
    """Return a number as it is; None for anything else, and for what is not a number (NaN)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return value


def moment(value: Any) -> datetime | None:
    """Return the moment that an RFC 3339 text names; None for anything else."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        return None


def comparable(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Return what to compare two values by, None when they have no order.

    Two severities, two times and two numbers by their measure, other texts by their letters.
    """
    for measure in (number, rank, moment):
        pair = measure(left), measure(right)
        if None not in pair:
            return pair
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold(), right.casefold()
    return None
