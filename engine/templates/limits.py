"""How much a template may cost. The sandbox of jinja2 bounds neither work nor memory."""

from collections.abc import Iterator
from typing import Any

from engine.templates.errors import TemplateError, TooLarge

SOURCE_BYTES_MAX = 8_192
"""Of a string that is a template."""

RENDERED_BYTES_MAX = 65_536
"""Of what one template gives, and of any text or list that an expression makes."""

TOTAL_BYTES_MAX = 262_144
"""Of everything that one call of ``render`` gives."""

ELEMENTS_MAX = 65_536
"""Of what is taken apart: a list that is filtered, a text that is split."""

RANGE_MAX = 1_000
NODES_MAX = 2_000
NESTING_MAX = 40
"""Of expressions and blocks in each other; the compiler of Python itself has a limit."""

VALUE_NESTING_MAX = 64
INTEGER_MAX = 2**63 - 1

WORK_MAX = 1_000_000
"""Units of one call of ``render``, each a tenth of a microsecond or less: see ``Work``."""

CALL_UNITS = 64
"""Of a filter, whatever it does: ``map`` and ``select`` call one for every element."""

ROUND_UNITS = 24
"""Of each part of a loop, each time round."""

ORDER_UNITS = 20
"""Of each element that is put in an order: it is folded, and compared with some of the others."""

_LIST_UNITS = 8
_SPENT_TOGETHER = 4_096


class Work:
    """What is left of the limits during one call of ``render``."""

    __slots__ = ("_bytes", "_units")

    def __init__(self) -> None:
        self._units = WORK_MAX
        self._bytes = TOTAL_BYTES_MAX

    def spend(self, units: int) -> None:
        """Account for work: a unit per list element or 16 characters of text, see above."""
        self._units -= units
        if self._units < 0:
            raise TemplateError(
                "template_too_costly",
                "takes too much work; loop over fewer elements and say less in the loop",
            )

    def give(self, size: int) -> None:
        """Account for ``size`` bytes of the result."""
        self._bytes -= size
        if self._bytes < 0:
            raise TooLarge("everything together", f"{TOTAL_BYTES_MAX} bytes")


def cost(value: object) -> int:
    """Return the units of an operation that looks at all of ``value``, one level deep."""
    if isinstance(value, str):
        return 1 + len(value) // 16
    if isinstance(value, (list, tuple, dict)):
        return 1 + len(value)
    return 1


def few(value: Any) -> Any:
    """Return ``value`` if it may be taken apart into its elements. Raises TemplateError."""
    if isinstance(value, (str, list, tuple, dict)) and len(value) > ELEMENTS_MAX:
        raise TooLarge("what is taken apart", f"{ELEMENTS_MAX} elements")
    return value


def deep_cost(value: object, work: Work) -> None:
    """Spend the units of an operation that looks at all of ``value``, at every level.

    A few lists in each other can spell a value of any size (``[x, x]`` of ``[x, x]`` …), so
    this comes before anything that walks one.
    """
    levels: list[Iterator[object]] = [iter((value,))]
    units = 0
    while levels:
        for each in levels[-1]:
            if isinstance(each, (list, tuple, dict)):
                units += _LIST_UNITS + len(each)
                levels.append(iter(each.values() if isinstance(each, dict) else each))
                break
            units += 1 + len(each) // 16 if isinstance(each, str) else 1
            if units > _SPENT_TOGETHER:
                break
        else:
            levels.pop()
        if units > _SPENT_TOGETHER:
            work.spend(units)
            units = 0
    work.spend(units)
