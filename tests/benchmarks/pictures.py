"""Ratios as a small picture (SVG), to be read on light and on dark pages."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from tests.benchmarks.rows import Row
from tests.benchmarks.tables import amount

_WIDTH, _LEFT, _BAR, _LINE = 860, 430, 300, 44

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .whole { fill: #d1d9e0 }
  .part { fill: #0969da }
  .bar { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .whole { fill: #3d444d }
    .part { fill: #4493f8 }
    .bar { stroke: #f0f6fc }
  }
"""


def picture(environment: dict[str, Any], rows: Iterable[Row]) -> str:
    """Return the rows that have a reference, each as a part of it; a line marks the bar."""
    shown = [row for row in rows if row.ratio is not None]
    height = _LINE * len(shown) + 30
    caption = (
        f"{environment['at'][:10]}, {environment['cores']} cores, {environment['memory_gib']} GiB; "
        "the line in a bar is what it is held to"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Measured figures as parts of their references</title>",
            f"<style>{_STYLE}</style>",
            *(line for number, row in enumerate(shown) for line in _drawn(row, number)),
            f'<text class="small" x="0" y="{height - 8}">{escape(caption)}</text>',
            "</svg>\n",
        ]
    )


def _drawn(row: Row, number: int) -> Iterator[str]:
    """Yield a row: its name, the reference as a whole bar, and what was measured upon it."""
    top = _LINE * number
    ratio = row.ratio or 0.0
    # What is larger than its reference, or held to more, is the whole; the reference a part.
    scale = _BAR / max(1.0, ratio, row.bar.limit if row.bar else 0.0)
    reference = f"of {row.reference} ({amount(row.reference_value or 0.0, row.unit)})"
    yield f'<text x="0" y="{top + 18}">{escape(row.name)}</text>'
    yield f'<text class="small" x="0" y="{top + 33}">{escape(reference)}</text>'
    yield _rectangle("whole", top, scale)
    yield _rectangle("part", top, scale * ratio)
    if row.bar is not None:
        x = _LEFT + scale * row.bar.limit
        yield f'<line class="bar" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 6}" y2="{top + 32}"/>'
    said = f"{ratio:.2f} ({amount(row.value, row.unit)})"
    yield f'<text x="{_LEFT + _BAR + 10}" y="{top + 24}">{escape(said)}</text>'


def _rectangle(kind: str, top: int, width: float) -> str:
    return (
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 9}" width="{width:.1f}" height="20" rx="3"/>'
    )
