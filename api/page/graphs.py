"""Graphs: where each step of a playbook stands in its picture, and how the lines go.

Steps stand in rows, each below all that lead to it. A line over several rows has a place of its
own in each, so that it runs through no step; one that leads back runs beside them all.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from engine.diagrams import Diagram, Edge
from schemas.steps import END

WIDTH: Final = 190
"""Of a step."""
HEIGHT: Final = 48

_GAP: Final = 32
_ROW: Final = 104
_MARGIN: Final = 28
_SWEEPS: Final = 6
_NAME_MAX: Final = 24

_Place = str | tuple[int, int]
"""A step, or where line ``n`` passes row ``r``."""


@dataclass(frozen=True)
class Box:
    """A step in the picture. x, y: its upper left corner."""

    id: str
    name: str
    title: str
    type: str
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A way between steps. path: as SVG draws it. x, y: of its label."""

    source: str
    target: str
    kind: str
    label: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Picture:
    """A graph, laid out."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]


def picture(of: Diagram) -> Picture:
    """Return the picture of a playbook."""
    backward = _backward(of)
    rows = _rows(of, backward)
    chains: dict[int, list[_Place]] = {
        number: [
            edge.source,
            *((number, row) for row in range(rows[edge.source] + 1, rows[edge.target])),
            edge.target,
        ]
        for number, edge in enumerate(of.edges)
        if number not in backward
    }
    x = _columns(_ordered(rows, chains))
    right = max(x.values()) + WIDTH
    boxes = [
        Box(
            id=step_id,
            name=_short(of.names.get(step_id, "end")),
            title=of.names.get(step_id, "end"),
            type=of.types.get(step_id, "end"),
            x=x[step_id],
            y=_MARGIN + row * _ROW,
        )
        for step_id, row in rows.items()
    ]
    lines = []
    for number, edge in enumerate(of.edges):
        if number in backward:
            right += 24
            lines.append(_returning(edge, x, rows, right))
        else:
            lines.append(_line(edge, chains[number], x, rows))
    height = 2 * _MARGIN + max(rows.values()) * _ROW + HEIGHT
    return Picture(right + _MARGIN, height, boxes, lines)


def _backward(of: Diagram) -> set[int]:
    """Return the numbers of the edges that lead back to where the flow has been."""
    leaving: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, edge in enumerate(of.edges):
        leaving[edge.source].append((number, edge.target))
    found: set[int] = set()
    done: set[str] = set()
    for root in (of.start, *of.names):
        if root in done:
            continue
        open_ = {root: None}
        stack = [(root, iter(leaving[root]))]
        while stack:
            step_id, edges = stack[-1]
            for number, target in edges:
                if target in open_:
                    found.add(number)
                elif target not in done:
                    open_[target] = None
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                stack.pop()
                open_.pop(step_id)
                done.add(step_id)
    return found


def _rows(of: Diagram, backward: set[int]) -> dict[str, int]:
    """Return the row of each step: one below the lowest that leads to it."""
    rows = dict.fromkeys(of.names, 0)
    if any(edge.target == END for edge in of.edges):
        rows[END] = 0
    forward = [edge for number, edge in enumerate(of.edges) if number not in backward]
    for _ in rows:
        before = dict(rows)
        for edge in forward:
            rows[edge.target] = max(rows[edge.target], rows[edge.source] + 1)
        if rows == before:
            break
    return rows


def _ordered(rows: dict[str, int], chains: dict[int, list[_Place]]) -> list[list[_Place]]:
    """Return the places of each row from left to right, near what they are joined with."""
    levels: list[list[_Place]] = [[] for _ in range(max(rows.values()) + 1)]
    for step_id, row in rows.items():
        levels[row].append(step_id)
    joined: dict[_Place, list[_Place]] = defaultdict(list)
    for chain in chains.values():
        for place in chain[1:-1]:
            levels[place[1]].append(place)  # type: ignore[index]
        for upper, lower in pairwise(chain):
            joined[lower].append(upper)
            joined[upper].append(lower)
    for sweep in range(_SWEEPS):
        numbered = list(enumerate(levels))
        for row, level in numbered if sweep % 2 == 0 else reversed(numbered):
            beside = levels[row - 1 if sweep % 2 == 0 else min(row + 1, len(levels) - 1)]
            at = {place: index / max(1, len(beside) - 1) for index, place in enumerate(beside)}
            own = {place: index / max(1, len(level) - 1) for index, place in enumerate(level)}
            level.sort(key=lambda p: _mean([at[o] for o in joined[p] if o in at], own[p]))
    return levels


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _columns(levels: list[list[_Place]]) -> dict[_Place, float]:
    def width(place: _Place) -> int:
        return WIDTH if isinstance(place, str) else 24

    wide = [sum(width(p) + _GAP for p in level) - _GAP for level in levels]
    x: dict[_Place, float] = {}
    for level, taken in zip(levels, wide, strict=True):
        left = _MARGIN + (max(wide) - taken) / 2
        for place in level:
            # Of a step its left side, of a line where a step around it would have its own.
            x[place] = left if isinstance(place, str) else left + 12 - WIDTH / 2
            left += width(place) + _GAP
    return x


def _line(edge: Edge, chain: list[_Place], x: dict[_Place, float], rows: dict[str, int]) -> Line:
    first, last = rows[edge.source], rows[edge.target]
    at_x, at_y = x[edge.source] + WIDTH / 2, float(_MARGIN + first * _ROW + HEIGHT)
    path = f"M{at_x:.0f} {at_y:.0f}"
    label: tuple[float, float] | None = None
    for row, place in zip(range(first + 1, last + 1), chain[1:], strict=True):
        to_x, to_y = x[place] + WIDTH / 2, _MARGIN + row * _ROW
        middle = (at_y + to_y) / 2
        path += f" C{at_x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
        label = label or ((at_x + 3 * to_x) / 4, middle + 10)
        if row < last:
            path += f" V{to_y + HEIGHT:.0f}"
        at_x, at_y = to_x, float(to_y + HEIGHT)
    x_label, y_label = label or (at_x, at_y)
    return Line(edge.source, edge.target, edge.kind, _said(edge), path, x_label, y_label)


def _returning(edge: Edge, x: dict[_Place, float], rows: dict[str, int], right: float) -> Line:
    start = _MARGIN + rows[edge.source] * _ROW + HEIGHT / 2
    end = _MARGIN + rows[edge.target] * _ROW + HEIGHT / 2
    path = (
        f"M{x[edge.source] + WIDTH:.0f} {start:.0f} C{right:.0f} {start:.0f} {right:.0f} {end:.0f} "
        f"{x[edge.target] + WIDTH:.0f} {end:.0f}"
    )
    return Line(edge.source, edge.target, edge.kind, _said(edge), path, right, (start + end) / 2)


def _said(edge: Edge) -> str:
    if edge.kind in ("next", "branch"):
        return ""
    return _short(edge.label or {"failure": "on failure"}.get(edge.kind, edge.kind))


def _short(text: str) -> str:
    return text if len(text) <= _NAME_MAX else f"{text[: _NAME_MAX - 1]}…"
