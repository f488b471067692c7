"""Operators, loops and ranges, each with its limits; filters and methods are built on these.

What is not listed here does not exist in a template. Every operation accounts for its work
before it does it, refuses an absent operand, and makes nothing larger than its operands or
``RENDERED_BYTES_MAX``.
"""

import operator as python
from collections.abc import Callable, Iterator
from typing import Any

from engine.comparisons import comparable, equal
from engine.templates.errors import Failed, TooLarge
from engine.templates.limits import (
    INTEGER_MAX,
    RANGE_MAX,
    RENDERED_BYTES_MAX,
    ROUND_UNITS,
    Work,
    cost,
    deep_cost,
    few,
)
from engine.templates.values import Absent, text

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": python.add,
    "-": python.sub,
    "*": python.mul,
    "/": python.truediv,
    "//": python.floordiv,
    "%": python.mod,
    "**": python.pow,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": python.lt,
    "lteq": python.le,
    "gt": python.gt,
    "gteq": python.ge,
}
_POWER_BITS_MAX = 1_024


def present(*values: Any) -> None:
    """Refuse a value that is not there."""
    for value in values:
        if isinstance(value, Absent):
            value.fail()


def bounded(work: Work, result: Any, *operands: Any) -> Any:
    """Return ``result`` as a value of its own, if it is not much larger than what it is from."""
    if isinstance(result, (Iterator, tuple)):
        result = list(result)
    if isinstance(result, list):
        # A tuple can be hashed, and the hash of tuples in each other has no end.
        result = [list(each) if isinstance(each, tuple) else each for each in result]
    if isinstance(result, (str, list)):
        longest = max((len(o) for o in operands if isinstance(o, (str, list, dict))), default=0)
        if len(result) > max(RENDERED_BYTES_MAX, longest):
            raise TooLarge("a text or list", f"{RENDERED_BYTES_MAX} bytes")
        work.spend(cost(result))
    return _checked(result)


def concatenated(work: Work, *values: Any) -> str:
    """Return the texts of ``values`` as one (``a ~ b``)."""
    return joined(work, values, "")


def joined(work: Work, values: Any, separator: str) -> str:
    """Return the texts of ``values`` as one, ``separator`` between them."""
    length, texts = 0, []
    for value in values:
        present(value)
        deep_cost(value, work)
        texts.append(text(value))
        length += len(texts[-1]) + len(separator)
        if length > RENDERED_BYTES_MAX + len(separator):
            raise TooLarge("a text", f"{RENDERED_BYTES_MAX} bytes")
    return separator.join(texts)


def replaced(work: Work, value: Any, old: str, new: str) -> str:
    """Return the text of ``value`` with every ``old`` replaced by ``new``."""
    before = text(value)
    work.spend(cost(before))
    if len(before) + before.count(old) * max(0, len(new) - len(old)) > RENDERED_BYTES_MAX:
        raise TooLarge("a text", f"{RENDERED_BYTES_MAX} bytes")
    return before.replace(old, new)


def arithmetic(work: Work, operator: str, left: Any, right: Any) -> Any:
    """Return ``left operator right`` for numbers; ``+`` also joins two texts or two lists."""
    present(left, right)
    work.spend(cost(left) + cost(right))
    if operator == "+" and type(left) is type(right) and isinstance(left, (str, list)):
        if len(left) + len(right) > RENDERED_BYTES_MAX:
            raise TooLarge("a text or list", f"{RENDERED_BYTES_MAX} bytes")
        return left + right
    if not (_is_number(left) and _is_number(right)):
        raise Failed(f"{operator} takes numbers; put texts together with ~")
    _checked(left)
    _checked(right)
    if operator == "**" and _bits(left) * abs(right) > _POWER_BITS_MAX:
        raise TooLarge("a number", "64 bits")
    return _checked(_ARITHMETIC[operator](left, right))


def negated(work: Work, operator: str, value: Any) -> Any:
    """Return ``-value`` or ``+value``."""
    present(value)
    work.spend(1)
    if not _is_number(value):
        raise Failed(f"{operator} takes a number")
    return -value if operator == "-" else value


def compared(work: Work, first: Any, *rest: Any) -> bool:
    """Return whether a chain of comparisons holds: value, operator, value, operator, value …"""
    left, result = first, True
    for operator, right in zip(rest[::2], rest[1::2], strict=True):
        result = result and compared_pair(work, operator, left, right)
        left = right
    return result


def compared_pair(work: Work, operator: str, left: Any, right: Any) -> bool:
    """Return whether ``left operator right``, as conditions compare: strings ignore case."""
    present(left, right)
    deep_cost(left, work)
    deep_cost(right, work)
    if operator in ("eq", "ne"):
        return equal(left, right) is (operator == "eq")
    if operator in ("in", "notin"):
        return _contains(right, left) is (operator == "in")
    pair = comparable(left, right)
    if pair is None:
        raise Failed("only two numbers, or two texts, have an order")
    return _ORDER[operator](*pair)


def _contains(container: Any, value: Any) -> bool:
    if isinstance(container, str):
        return isinstance(value, str) and value.casefold() in container.casefold()
    if isinstance(container, dict):
        return isinstance(value, str) and value in container
    if isinstance(container, (list, tuple)) and isinstance(value, str):
        folded = value.casefold()
        return any(
            each.casefold() == folded if isinstance(each, str) else equal(value, each)
            for each in container
        )
    if isinstance(container, (list, tuple)):
        return any(equal(value, element) for element in container)
    raise Failed("in takes a text, a list or an object on its right")


def cut(work: Work, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Return ``value[start:stop:step]``."""
    present(value, start, stop, step)
    work.spend(cost(value))
    if not isinstance(value, (str, list, tuple)):
        raise Failed("only a text or a list has parts [from:to]")
    return value[start:stop:step]


def iterated(work: Work, value: Any, weight: int) -> Any:
    """Return what a loop goes over, its work paid in advance. weight: of one time round."""
    present(value)
    if not isinstance(value, (str, list, tuple, dict)):
        raise Failed("a loop goes over a list, an object or a text")
    few(value)
    work.spend(len(value) * (1 + weight) * ROUND_UNITS)
    return value


def named(work: Work, key: Any) -> str:
    """Return the key of an object that a template spells out."""
    present(key)
    if type(key) is not str:
        raise Failed("a key of an object is a text")
    return key


def numbers(work: Work, *limits: Any) -> list[int]:
    """Return ``range(*limits)`` as a list."""
    present(*limits)
    found = range(*limits)
    if len(found) > RANGE_MAX:
        raise TooLarge("a range", f"{RANGE_MAX} numbers")
    work.spend(cost(limits) + len(found))
    return list(found)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bits(value: int | float) -> int:
    return value.bit_length() if isinstance(value, int) else 1


def _checked(value: Any) -> Any:
    if isinstance(value, complex):
        raise Failed("a result is not a number")
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        raise TooLarge("a number", "64 bits")
    if isinstance(value, float) and value - value != 0:
        raise TooLarge("a number", "any that can be written")
    return value
