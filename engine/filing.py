"""The triggers on one kind of event, filed under the values that they need.

A trigger is filed under the field, out of those its conditions pin to certain values or
texts, that the fewest others share: with ``{"severity": "critical", "asset_id": "a-17"}``
that is the asset. Triggers that pin nothing (``{"cvss": {"$gt": 9}}``) stand on a shelf that
every event comes by. On each shelf they stand in the order of the numbers they ask for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from engine.clauses import All, Clause, Condition, Either
from engine.comparisons import Key, elements, keys
from engine.contexts import Context, Finder, canonical, finder, is_data_field
from engine.needles import Needles
from engine.paths import MISSING, Several
from engine.shelves import Shelf, limit

K = TypeVar("K")


class _How(Enum):
    """How a field meets a pin: it has the value, contains it, or a text in it has that part."""

    EQUAL = 0
    WITHIN = 1
    PART = 2


_BY_OPERATOR: Final = {"$contains": _How.WITHIN}
_PARTS: Final = ("$startswith", "$endswith")


class _Pin(NamedTuple):
    """A value that a field must have for a trigger to match."""

    path: str
    key: Key
    how: _How


@dataclass(slots=True)
class _Field:
    """What is filed under one field, by the value that is needed.

    within: what a list must have among its elements. texts: what a text must contain, and
    parts: what it must contain even as one of several in a list. searches: whether there are any
    of either.
    """

    equal: dict[Key, Shelf] = field(default_factory=dict)
    within: dict[Key, Shelf] = field(default_factory=dict)
    texts: Needles[Shelf] = field(default_factory=Needles)
    parts: Needles[Shelf] = field(default_factory=Needles)
    whole: bool = False
    searches: bool = False

    def shelf(self, pin: _Pin) -> Shelf:
        """Return where the triggers with this pin stand."""
        self.searches = self.searches or pin.how is not _How.EQUAL
        if pin.how is _How.PART:
            return _shelf(self.parts, pin.key)
        if pin.how is _How.EQUAL:
            self.whole = self.whole or isinstance(pin.key, tuple)
            return self.equal.setdefault(pin.key, Shelf())
        shelf = self.within.setdefault(pin.key, Shelf())
        if isinstance(pin.key, str) and self.texts.get(pin.key) is None:
            self.texts.put(pin.key, shelf)
        return shelf

    def collect(self, value: Any, shelves: list[Shelf]) -> None:
        """Add the shelves of all triggers that ``value`` may satisfy."""
        if type(value) is str:
            text = value.casefold()
            if text in self.equal:
                shelves.append(self.equal[text])
            if self.searches:
                shelves += self.texts.found(text)
                shelves += self.parts.found(text)
        elif isinstance(value, Several):
            for each in value:
                self.collect(each, shelves)
        else:
            for each in keys(value, self.whole):
                if each in self.equal:
                    shelves.append(self.equal[each])
                if each in self.within:
                    shelves.append(self.within[each])
            if self.parts:
                for each in elements(value):
                    if isinstance(each, str):
                        shelves += self.parts.found(each.casefold())


class Filing(Generic[K]):
    """Triggers, each with its conditions, in the order in which matches are returned."""

    def __init__(self, triggers: Iterable[tuple[K, All]]) -> None:
        self._triggers = list(triggers)
        self._by_name: dict[str, _Field] = {}
        self._by_path: list[tuple[Finder, _Field]] = []
        self._everywhere = Shelf()
        self._file()

    def matches(self, context: Context) -> list[K]:
        """Return the triggers whose conditions hold in ``context``."""
        shelves = [] if self._everywhere.is_empty else [self._everywhere]
        named, data = self._by_name, context.data
        # Over the smaller of the two: neither many fields in use nor a wide event costs more.
        for name in named if len(named) <= len(data) else data:
            if name in named and name in data:
                named[name].collect(data[name], shelves)
        for find, filed in self._by_path:
            value = find(context)
            if value is not MISSING:
                filed.collect(value, shelves)
        if not shelves:
            return []
        numbers: set[int] = set()
        for shelf in shelves:
            shelf.collect(context, numbers)
        found = []
        for number in sorted(numbers):
            key, conditions = self._triggers[number]
            if conditions.holds(context):
                found.append(key)
        return found

    def _file(self) -> None:
        needs = [list(_needs(conditions)) for _, conditions in self._triggers]
        shared = Counter(pin for alternatives in needs for pins in alternatives for pin in pins)
        fields: dict[str, _Field] = {}
        used = {id(self._everywhere): self._everywhere}
        for number, alternatives in enumerate(needs):
            pins = min(alternatives, key=lambda each: _cost(each, shared), default=None)
            if pins is None:
                self._everywhere.filed.append(number)
                continue
            for pin in pins:
                shelf = fields.setdefault(pin.path, _Field()).shelf(pin)
                shelf.filed.append(number)
                used[id(shelf)] = shelf
        limits = [limit(conditions) for _, conditions in self._triggers]
        for shelf in used.values():
            shelf.settle(limits)
        for path, filed in fields.items():
            if is_data_field(path):
                self._by_name[path] = filed
            else:
                self._by_path.append((finder(path), filed))


def _shelf(needles: Needles[Shelf], needle: str) -> Shelf:
    shelf = needles.get(needle)
    if shelf is None:
        shelf = Shelf()
        needles.put(needle, shelf)
    return shelf


def _needs(condition: Condition) -> Iterator[frozenset[_Pin]]:
    """Yield sets of pins, one of each of which must be met if ``condition`` is to hold."""
    if isinstance(condition, Clause):
        path = canonical(condition.path)
        if condition.among is not None:
            how = _BY_OPERATOR.get(condition.operator, _How.EQUAL)
            yield frozenset(_Pin(path, key, how) for key in condition.among)
        elif condition.operator in _PARTS:
            yield frozenset({_Pin(path, condition.expected.casefold(), _How.PART)})
    elif isinstance(condition, All):
        for part in condition.parts:
            yield from _needs(part)
    elif isinstance(condition, Either):
        needs = [list(_needs(part)) for part in condition.parts]
        if all(needs):
            yield frozenset(pin for alternatives in needs for pin in min(alternatives, key=len))


def _cost(pins: frozenset[_Pin], shared: Counter[_Pin]) -> tuple[int, bool, int]:
    """Return how many triggers an event is decided against that meets one of ``pins``."""
    return (
        max((shared[pin] for pin in pins), default=0),
        any(pin.how is not _How.EQUAL for pin in pins),
        len(pins),
    )
