"""The triggers on one kind of event, filed under the values that they need.

A trigger is filed under the field, out of those its conditions pin to certain values, that
the fewest others share: with ``{"severity": "critical", "asset_id": "a-17"}`` that is the
asset. Triggers that pin nothing (``{"cvss": {"$gt": 9}}``) are decided for every event,
and of ``$contains`` each different text is looked for in a field that is a text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from engine.clauses import All, Clause, Condition, Either
from engine.comparisons import Key, keys
from engine.contexts import Context, Finder, canonical, finder, is_data_field
from engine.paths import MISSING, Several

K = TypeVar("K")


class _Pin(NamedTuple):
    """A value that a field must have (or, ``within``, contain) for a trigger to match."""

    path: str
    key: Key
    within: bool


@dataclass(slots=True)
class _Field:
    """What is filed under one field: the numbers of the triggers, by the value they need."""

    equal: dict[Key, list[int]] = field(default_factory=dict)
    within: dict[Key, list[int]] = field(default_factory=dict)
    whole: bool = False

    def file(self, pin: _Pin, number: int) -> None:
        """Add the trigger of this number."""
        where = self.within if pin.within else self.equal
        where.setdefault(pin.key, []).append(number)
        self.whole = self.whole or isinstance(pin.key, tuple)

    def collect(self, value: Any, numbers: set[int]) -> None:
        """Add the numbers of all triggers that ``value`` may satisfy."""
        if type(value) is str:
            text = value.casefold()
            if text in self.equal:
                numbers.update(self.equal[text])
            if self.within:
                for part, filed in self.within.items():
                    if isinstance(part, str) and part in text:
                        numbers.update(filed)
        elif isinstance(value, Several):
            for each in value:
                self.collect(each, numbers)
        else:
            for each in keys(value, self.whole):
                if each in self.equal:
                    numbers.update(self.equal[each])
                if each in self.within:
                    numbers.update(self.within[each])


class Filing(Generic[K]):
    """Triggers, each with its conditions, in the order in which matches are returned."""

    def __init__(self, triggers: Iterable[tuple[K, All]]) -> None:
        self._triggers = list(triggers)
        self._by_name: dict[str, _Field] = {}
        self._by_path: list[tuple[Finder, _Field]] = []
        self._everywhere: list[int] = []
        self._file()

    def matches(self, context: Context) -> list[K]:
        """Return the triggers whose conditions hold in ``context``."""
        numbers = set(self._everywhere)
        named, data = self._by_name, context.data
        # Over the smaller of the two: neither many fields in use nor a wide event costs more.
        for name in named if len(named) <= len(data) else data:
            if name in named and name in data:
                named[name].collect(data[name], numbers)
        for find, filed in self._by_path:
            value = find(context)
            if value is not MISSING:
                filed.collect(value, numbers)
        if not numbers:
            return []
        candidates = [self._triggers[number] for number in sorted(numbers)]
        return [key for key, conditions in candidates if conditions.holds(context)]

    def _file(self) -> None:
        needs = [list(_needs(conditions)) for _, conditions in self._triggers]
        shared = Counter(pin for alternatives in needs for pins in alternatives for pin in pins)
        fields: dict[str, _Field] = {}
        for number, alternatives in enumerate(needs):
            if not alternatives:
                self._everywhere.append(number)
                continue
            for pin in min(alternatives, key=lambda pins: _cost(pins, shared)):
                fields.setdefault(pin.path, _Field()).file(pin, number)
        for path, filed in fields.items():
            if is_data_field(path):
                self._by_name[path] = filed
            else:
                self._by_path.append((finder(path), filed))


def _needs(condition: Condition) -> Iterator[frozenset[_Pin]]:
    """Yield sets of pins, one of each of which must be met if ``condition`` is to hold."""
    if isinstance(condition, Clause):
        if condition.among is not None:
            path, within = canonical(condition.path), condition.operator == "$contains"
            yield frozenset(_Pin(path, key, within) for key in condition.among)
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
        any(pin.within for pin in pins),
        len(pins),
    )
