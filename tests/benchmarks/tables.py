"""Rows as text for people and as JSON for machines."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tests.benchmarks.rows import Row

_HEADS = ("", "measured", "reference, same run", "ratio", "bar")


def table(rows: Iterable[Row]) -> str:
    """Return rows as a table that is also Markdown."""
    lines = [_HEADS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    shown = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "| " + " | ".join("-" * max(3, width) for width in widths) + " |"
    return "\n".join([shown[0], rule, *shown[1:]])


def document(environment: dict[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """Return rows as a JSON object, together with where they were taken."""
    told = [asdict(row) | {"bar": row.bar and str(row.bar), "is_met": row.is_met} for row in rows]
    return {"environment": environment, "rows": told}


def amount(value: float, unit: str) -> str:
    """Return a figure with as many digits as say something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit}" if unit.startswith("/") else f"{value:,.{digits}f} {unit}"


def verdict(row: Row) -> str:
    """Return the bar of a row and whether it is met."""
    return "" if row.bar is None else f"{row.bar} {'met' if row.is_met else 'MISSED'}"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _cells(row: Row) -> tuple[str, ...]:
    reference = ""
    if row.reference_value is not None:
        reference = f"{row.reference}: {amount(row.reference_value, row.unit)}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return row.name, amount(row.value, row.unit), reference, ratio, verdict(row)
