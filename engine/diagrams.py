"""The steps of a playbook as a picture: nodes and edges, and the text of it for Mermaid.

Names in a playbook may be hostile: in Mermaid nothing of them but letters, digits and a few
plain signs stands as it is, and nodes are numbered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from engine.graphs import FAIL, Graph, Node
from schemas.steps import ABORT, CONTINUE, END

_PLAIN: Final = frozenset(" _.,-")
_LABEL_MAX: Final = 80
_SHAPES: Final = {
    "action": ("[", "]"),
    "command": ("[", "]"),
    "commands": ("[", "]"),
    "condition": ("{", "}"),
    "switch": ("{", "}"),
    "parallel": ("[[", "]]"),
    "while": ("{{", "}}"),
    "delay": ("(", ")"),
    "approval": ("[/", "/]"),
    "playbook": ("[[", "]]"),
    "if-condition": ("{", "}"),
    "switch-condition": ("{", "}"),
    "while-condition": ("{{", "}}"),
    "playbook-action": ("[[", "]]"),
    "manual": ("[/", "/]"),
}
_ROUND: Final = ("([", "])")


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a step to another, or to ``end``.

    kind: ``next``, ``failure``, ``true``, ``false``, ``case``, ``default``, ``branch`` or
    ``repeat``. label: of a case its value, of a branch its number.
    """

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """A playbook as a picture. start: where it begins. names: of the steps by their ids."""

    start: str
    names: dict[str, str]
    types: dict[str, str]
    edges: list[Edge]


def diagram(graph: Graph) -> Diagram:
    """Return the picture of a graph."""
    within = graph.reachable(first for node in graph.nodes.values() for first in node.frames)
    return Diagram(
        start=graph.start,
        names={step_id: node.step.name or step_id for step_id, node in graph.nodes.items()},
        types={step_id: node.step.type for step_id, node in graph.nodes.items()},
        edges=[
            edge
            for node in graph.nodes.values()
            for edge in _edges(node)
            # A branch and a loop body end where they were opened, not at the end of all.
            if edge.target != END or node.step.id not in within
        ],
    )


def mermaid(of: Diagram) -> str:
    """Return the text that Mermaid draws a picture from."""
    numbers = {step_id: f"n{number}" for number, step_id in enumerate(of.names)}
    numbers[END] = "done"
    lines = ["flowchart TD", "    begin([start])"]
    for step_id, name in of.names.items():
        left, right = _SHAPES.get(of.types[step_id], _ROUND)
        lines.append(f'    {numbers[step_id]}{left}"{_escaped(name)}"{right}')
    if any(edge.target == END for edge in of.edges):
        lines.append("    done([end])")
    lines.append(f"    begin --> {numbers[of.start]}")
    for edge in of.edges:
        said = " ".join(filter(None, (_WORDS.get(edge.kind, edge.kind), edge.label)))
        label = f'|"{_escaped(said)}"|' if said else ""
        arrow = "-.->" if edge.kind == "failure" else "-->"
        lines.append(f"    {numbers[edge.source]} {arrow}{label} {numbers[edge.target]}")
    return "\n".join(lines) + "\n"


_WORDS: Final = {"next": "", "case": "", "failure": "on failure"}


def _edges(node: Node) -> Iterator[Edge]:
    source = node.step.id
    for number, first in enumerate(node.frames, start=1):
        repeats = node.step.type in ("while", "while-condition")
        yield Edge(source, first, *(("repeat",) if repeats else ("branch", str(number))))
    for decided, target in node.links.items():
        yield _decided(source, decided, target)
    if not node.links:
        yield Edge(source, node.next, "next")
    if node.on_failure not in (ABORT, CONTINUE, FAIL, node.next):
        yield Edge(source, node.on_failure, "failure")


def _decided(source: str, decided: str, target: str) -> Edge:
    if decided in ("true", "false"):
        return Edge(source, target, decided)
    if not decided:
        return Edge(source, target, "default")
    return Edge(source, target, "case", decided)


def _escaped(text: str) -> str:
    short = text if len(text) <= _LABEL_MAX else f"{text[: _LABEL_MAX - 1]}…"
    return "".join(_signs(short))


def _signs(text: Iterable[str]) -> Iterator[str]:
    for sign in text:
        if sign.isspace():
            yield " "
        elif sign.isalnum() or sign in _PLAIN:
            yield sign
        elif sign.isprintable():
            yield f"#{ord(sign)};"
