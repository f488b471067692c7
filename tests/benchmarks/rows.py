"""Rows: what was measured, each beside a reference of the same run and the bar it is held to.

Machines differ, and so do the moments on one machine: of several rounds the median counts, and the
ratio is the median of the ratios, each of a value and of the reference that was taken next to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple


class Bar(NamedTuple):
    """What a row is held to: its ratio where it has a reference, else its value."""

    limit: float
    is_most: bool = False

    def meets(self, figure: float) -> bool:
        """Tell whether a figure is on the right side."""
        return figure <= self.limit if self.is_most else figure >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.is_most else '≥'} {self.limit:g}"


def at_least(limit: float) -> Bar:
    """Return the bar of what is better the more there is."""
    return Bar(limit)


def at_most(limit: float) -> Bar:
    """Return the bar of what is better the less there is."""
    return Bar(limit, is_most=True)


@dataclass(frozen=True)
class Row:
    """One figure.

    reference: the name of what ``reference_value`` is, in the same unit. rounds: how many were
    measured; the figure is their median.
    """

    name: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float | None = None
    ratio: float | None = None
    bar: Bar | None = None
    rounds: int = 1

    @property
    def is_met(self) -> bool | None:
        """Whether it meets its bar; None: it is held to none."""
        if self.bar is None:
            return None
        return self.bar.meets(self.value if self.ratio is None else self.ratio)


def row(name: str, unit: str, values: Sequence[float], bar: Bar | None = None) -> Row:
    """Return the row of what was measured in some rounds, by itself."""
    return Row(name, median(values), unit, bar=bar, rounds=len(values))


def compared(
    name: str,
    unit: str,
    values: Sequence[float],
    reference: str,
    reference_values: Sequence[float],
    bar: Bar | None = None,
) -> Row:
    """Return the row of what was measured in some rounds, each time beside a reference."""
    ratios = [value / other for value, other in zip(values, reference_values, strict=True)]
    return Row(
        name,
        median(values),
        unit,
        reference,
        median(reference_values),
        median(ratios),
        bar,
        len(values),
    )
