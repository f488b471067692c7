"""What a pattern consists of, and when each part of it holds.

What is not there equals nothing, has no order and is false; what is said with NOT or != holds
of it, as in the conditions of triggers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

from engine.paths import MISSING, child
from engine.patterns import comparing

Lookup = Callable[[str, tuple[str | int, ...]], Any]
"""From the name of an object or variable and a path below it to a value or ``MISSING``."""


class Part(Protocol):
    """A part of a pattern that can be decided."""

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether it holds of what ``lookup`` finds."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value is. name: of an object (``ipv4-addr``) or a variable (``__address__``).

    steps: the path below it; empty for the value of a variable. each: for every ``[*]``, the
    path from there on below each element.
    """

    name: str
    steps: tuple[str | int, ...]
    each: tuple[tuple[str | int, ...], ...] = ()

    def values(self, lookup: Lookup) -> list[Any]:
        """Return what is there: nothing, one value, or with ``[*]`` any number of them."""
        found = [lookup(self.name, self.steps)]
        for steps in self.each:
            lists = (value for value in found if isinstance(value, list))
            found = [reduce(child, steps, element) for each in lists for element in each]
        return [value for value in found if value is not MISSING]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value tested against what was written. operator, operand: to be shown and compared."""

    path: Path
    operator: str
    operand: Any
    test: comparing.Test = field(repr=False, compare=False)

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether one of the values passes the test."""
        return any(map(self.test, self.path.values(lookup)))


@dataclass(frozen=True, slots=True)
class Relation:
    """Two values compared with each other. operator: = or an order."""

    left: Path
    operator: str
    right: Path

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether it holds of any two of the values."""
        others = self.right.values(lookup)
        return any(self._compare(a, b) for a in self.left.values(lookup) for b in others)

    def _compare(self, left: Any, right: Any) -> bool:
        if self.operator == "=":
            return comparing.equal(left, right)
        return comparing.ordered(self.operator, left, right)


@dataclass(frozen=True, slots=True)
class Presence:
    """A value that has to be there (``EXISTS``)."""

    path: Path

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether there is any value."""
        return bool(self.path.values(lookup))


@dataclass(frozen=True, slots=True)
class Truth:
    """A value by itself, which has to be true."""

    path: Path

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether one of the values counts as true."""
        return any(map(comparing.true, self.path.values(lookup)))


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: Part

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether the part does not hold."""
        return not self.part.holds(lookup)


@dataclass(frozen=True, slots=True)
class All:
    """Parts that all have to hold (``AND``)."""

    parts: tuple[Part, ...]

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether each of them holds."""
        return all(part.holds(lookup) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """Parts of which one has to hold (``OR``)."""

    parts: tuple[Part, ...]

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether one of them holds."""
        return any(part.holds(lookup) for part in self.parts)
