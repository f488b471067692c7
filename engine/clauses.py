"""What trigger conditions consist of once they are read: clauses, and groups of them.

Each can tell whether it holds in a context, and which part of it is the first that does not.
Built by ``engine/conditions.py`` only.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import orjson

from engine.comparisons import Key
from engine.contexts import Context, Finder
from engine.operators import Test
from engine.paths import MISSING

_SHOWN_MAX = 200


class Failing(Protocol):
    """A part of conditions that did not hold, and can say so."""

    @property
    def path(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def expected(self) -> Any: ...
    @property
    def pointer(self) -> str: ...

    def reason(self, context: Context) -> str:
        """Return in words why it does not hold in ``context``."""
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One field compared with one operator.

    pointer: where it stands, below the pointer the conditions were read at.
    among: of these keys the value has one whenever the clause holds; None: any.
    """

    path: str
    operator: str
    expected: Any
    pointer: str
    find: Finder = field(repr=False, compare=False)
    test: Test = field(repr=False, compare=False)
    among: frozenset[Key] | None = field(default=None, repr=False, compare=False)

    def holds(self, context: Context) -> bool:
        """Tell whether the value in ``context`` is as expected."""
        return self.test(self.find(context))

    def actual(self, context: Context) -> Any:
        """Return the value in ``context``, ``MISSING`` when there is none."""
        return self.find(context)

    def first_failing(self, context: Context) -> "Failing | None":
        """Return this clause if it does not hold."""
        return None if self.holds(context) else self

    def reason(self, context: Context) -> str:
        """Return in words how the value in ``context`` differs from what is expected."""
        actual = self.actual(context)
        found = "missing" if actual is MISSING else _shown(actual)
        return f"{self.path} is {found}, expected {self.operator} {_shown(self.expected)}"


@dataclass(frozen=True, slots=True)
class All:
    """Parts that must all hold; of none, nothing is asked."""

    operator: ClassVar[str] = "$and"
    parts: tuple["Condition", ...]
    path: str = ""
    expected: Any = None
    pointer: str = ""

    def holds(self, context: Context) -> bool:
        """Tell whether every part holds."""
        for part in self.parts:  # noqa: SIM110 - the loop costs a third of all() per event
            if not part.holds(context):
                return False
        return True

    def first_failing(self, context: Context) -> Failing | None:
        """Return the first part that does not hold, down to its clause."""
        for part in self.parts:
            failing = part.first_failing(context)
            if failing is not None:
                return failing
        return None


@dataclass(frozen=True, slots=True)
class Either:
    """Parts of which at least one must hold."""

    operator: ClassVar[str] = "$or"
    parts: tuple[All, ...]
    path: str
    expected: Any
    pointer: str

    def holds(self, context: Context) -> bool:
        """Tell whether a part holds."""
        return any(part.holds(context) for part in self.parts)

    def first_failing(self, context: Context) -> Failing | None:
        """Return the group itself if no part holds: no part alone is the reason."""
        return None if self.holds(context) else self

    def reason(self, context: Context) -> str:
        """Return in words why no part holds."""
        failing = [part.first_failing(context) for part in self.parts]
        reasons = "; ".join(each.reason(context) for each in failing if each is not None)
        return f"none of {len(self.parts)} alternatives holds: {reasons}"


@dataclass(frozen=True, slots=True)
class Negation:
    """A part that must not hold."""

    operator: ClassVar[str] = "$not"
    part: All
    path: str
    expected: Any
    pointer: str

    def holds(self, context: Context) -> bool:
        """Tell whether the part does not hold."""
        return not self.part.holds(context)

    def first_failing(self, context: Context) -> Failing | None:
        """Return the negation itself if its part holds."""
        return None if self.holds(context) else self

    def reason(self, context: Context) -> str:
        """Return in words what holds although it must not."""
        return f"{self.path or 'the event'} is what it must not be: {_shown(self.expected)}"


Condition = Clause | All | Either | Negation


def _shown(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = repr(type(value).__name__)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
