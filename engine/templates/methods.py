"""The methods that texts, lists and objects have in templates: each one listed.

A method is an operation on a value, never an attribute of it.
"""

from collections.abc import Callable
from typing import Any

from engine.comparisons import equal
from engine.templates.errors import Failed
from engine.templates.limits import Work, cost, deep_cost, few
from engine.templates.operations import bounded, present, replaced


def method(work: Work, value: Any, name: str, *arguments: Any) -> Any:
    """Return ``value.name(*arguments)``."""
    present(value, *arguments)
    work.spend(cost(value))
    deep_cost(arguments, work)
    if name in _TAKE_APART:
        few(value)
    if name in _LOOK_INSIDE and isinstance(value, list):
        deep_cost(value, work)
    if name == "replace" and isinstance(value, str):
        return replaced(work, value, *arguments)
    for kind, methods in METHODS.items():
        if isinstance(value, kind) and name in methods:
            return bounded(work, methods[name](value, *arguments), value)
    raise Failed(f"a {type(value).__name__} has no {name}()")


def _count(elements: list[Any], value: Any) -> int:
    return sum(equal(value, each) for each in elements)


def _index(elements: list[Any], value: Any) -> int:
    for position, each in enumerate(elements):
        if equal(value, each):
            return position
    raise Failed("index looks for what is not in the list; ask with: value in list")


_TAKE_APART = frozenset({"split", "rsplit", "splitlines", "items", "keys", "values"})
_LOOK_INSIDE = frozenset({"count", "index"})
_TEXT_METHODS = (
    "upper lower capitalize title strip lstrip rstrip split rsplit splitlines startswith endswith "
    "find count removeprefix removesuffix isdigit isalpha isalnum islower isupper"
)
METHODS: dict[type, dict[str, Callable[..., Any]]] = {
    str: {name: getattr(str, name) for name in _TEXT_METHODS.split()},
    list: {"count": _count, "index": _index},
    dict: {
        "items": lambda value: [list(pair) for pair in value.items()],
        "keys": lambda value: list(value),
        "values": lambda value: list(value.values()),
        "get": dict.get,
    },
}
"""What may be called on a value. A field of the same name is something else: no parentheses."""

METHOD_NAMES = sorted({"replace"}.union(*METHODS.values()))
