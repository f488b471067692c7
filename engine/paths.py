"""Dotted paths into JSON: the one way in which conditions and templates name a value.

``find`` is the reading of conditions and follows MongoDB: over a list of objects a path
means the values of all its elements. ``child`` is the reading of templates: one step to
one value. Neither ever sees anything but plain JSON.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final


class Missing(Enum):
    """The type of ``MISSING``, which no JSON value equals: null is a value."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING


class Several(list[Any]):
    """The values that a path has in the elements of a list, each as if it stood alone."""


def child(value: Any, key: Any) -> Any:
    """Return the element of ``value`` under ``key`` (a name, or a position in a list)."""
    if isinstance(value, dict):
        # Anything else names no field, and the text of a list can be of any size.
        if isinstance(key, str):
            return value.get(key, MISSING)
        return value.get(str(key), MISSING) if type(key) is int else MISSING
    if isinstance(value, list):
        position = _position(key)
        if position is not None and -len(value) <= position < len(value):
            return value[position]
    return MISSING


def find(value: Any, segments: Sequence[str]) -> Any:
    """Return what ``segments`` lead to from ``value``: a value, ``Several`` or ``MISSING``.

    In a list, a number is a position; any other name is looked up in each element that is an
    object, and what is found there is ``Several``.
    """
    for index, segment in enumerate(segments):
        if isinstance(value, dict):
            value = value.get(segment, MISSING)
            if value is MISSING:
                return MISSING
        elif isinstance(value, list):
            element = child(value, segment) if segment.isdecimal() else MISSING
            if element is MISSING:
                return _across(value, segments[index:])
            value = element
        else:
            return MISSING
    return value


def _across(elements: list[Any], segments: Sequence[str]) -> Any:
    several = Several()
    for element in elements:
        if isinstance(element, dict):
            value = find(element, segments)
            if isinstance(value, Several):
                several.extend(value)
            elif value is not MISSING:
                several.append(value)
    return several or MISSING


def _position(key: Any) -> int | None:
    if isinstance(key, bool):
        return None
    if isinstance(key, int):
        return key
    if isinstance(key, str) and len(key) < 10 and key.isascii() and key.isdecimal():
        return int(key)
    return None
