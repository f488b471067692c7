"""Triggers that are filed in the same place, in the order of the numbers that they ask for.

Ten thousand triggers on critical findings that differ in ``{"cvss": {"$gte": 9.1}}`` are not
all decided for each: those that ask for more than there is are left out at once.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.clauses import All, Clause, Condition
from engine.comparisons import elements, number
from engine.contexts import Context, Finder, canonical, finder

_FEW: Final = 4
"""So many are decided one by one: that is cheaper than to look up what they ask for."""


class Limit(NamedTuple):
    """A number that a field must not be below, or, ``is_least`` false, not above."""

    path: str
    is_least: bool
    value: int | float


def limit(conditions: Condition) -> Limit | None:
    """Return a limit that must be kept if ``conditions`` are to hold; None: they name none."""
    if isinstance(conditions, Clause):
        value = number(conditions.expected)
        if value is None or conditions.operator not in ("$gt", "$gte", "$lt", "$lte"):
            return None
        return Limit(canonical(conditions.path), conditions.operator in ("$gt", "$gte"), value)
    if isinstance(conditions, All):
        for part in conditions.parts:
            found = limit(part)
            if found is not None:
                return found
    return None


@dataclass(slots=True)
class _Order:
    """Triggers with a limit of the same kind on the same field, by the limit."""

    find: Finder
    is_least: bool
    limits: list[int | float]
    filed: list[int]

    def collect(self, context: Context, numbers: set[int]) -> None:
        measured = [number(each) for each in elements(self.find(context))]
        values = [each for each in measured if each is not None]
        if not values:
            return
        if self.is_least:
            numbers.update(self.filed[: bisect_right(self.limits, max(values))])
        else:
            numbers.update(self.filed[bisect_left(self.limits, min(values)) :])


@dataclass(slots=True)
class Shelf:
    """The numbers of the triggers in one place."""

    filed: list[int] = field(default_factory=list)
    _orders: list[_Order] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands there."""
        return not self.filed and not self._orders

    def settle(self, limits: list[Limit | None]) -> None:
        """Put them in order, once all are there. limits: of each trigger, by its number."""
        if len(self.filed) <= _FEW:
            return
        ordered: dict[tuple[str, bool], list[tuple[int | float, int]]] = {}
        rest = []
        for each in self.filed:
            asked = limits[each]
            if asked is None:
                rest.append(each)
            else:
                ordered.setdefault(asked[:2], []).append((asked.value, each))
        self.filed = rest
        for (path, is_least), filed in ordered.items():
            filed.sort()
            values, numbers = [value for value, _ in filed], [each for _, each in filed]
            self._orders.append(_Order(finder(path), is_least, values, numbers))

    def collect(self, context: Context, numbers: set[int]) -> None:
        """Add the numbers of those that ask for no more than there is."""
        numbers.update(self.filed)
        for order in self._orders:
            order.collect(context, numbers)
