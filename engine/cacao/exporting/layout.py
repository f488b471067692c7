"""The steps of a document, and where each leads, before anybody says what they do.

A branch is laid out up to the join of its decision (``joins``), with an end of its own. A step
that several branches come to before they join stands in each of them: the first time under its
own identifier, then as a copy.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from engine.cacao.exporting.joins import Joins, failure
from engine.cacao.identifiers import identifier
from engine.graphs import Graph, Node
from schemas.messages import JsonObject
from schemas.steps import END

PLACES_MAX: Final = 2_000
"""Steps of a document: decision after decision, copies could double with each of them."""

KINDS: Final = {
    "action": "action",
    "condition": "if-condition",
    "switch": "switch-condition",
    "parallel": "parallel",
    "while": "while-condition",
    "delay": "action",
    "approval": "action",
    "playbook": "playbook-action",
}
"""Type of a step here → type of the step there."""

_DEFAULT = "default"
_LITERAL_DEFAULT = "default-value"


class Inexpressible(ValueError):
    """A playbook that would need more steps than a document may have."""


@dataclass(frozen=True)
class Place:
    """A step of the document. ways: its properties that lead on. copy_of: key of the first one."""

    key: str
    node: Node
    ways: JsonObject
    copy_of: str | None = None


@dataclass
class Layout:
    """All places. start: where the flow begins. ends: keys. gives_up: some failure is left to
    the exception of the workflow."""

    start: str = ""
    places: list[Place] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    gives_up: bool = False


@dataclass
class _Region:
    """A branch while it is laid out: up to ``stop``, which is not part of it."""

    stop: str
    role: tuple[str, ...]
    end: str | None = None
    keys: dict[str, str] = field(default_factory=dict)


def laid_out(graph: Graph) -> Layout:
    """Return the layout of a playbook. Raises Inexpressible."""
    return _Laying(graph).done()


class _Laying:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._joins = Joins(graph)
        self._layout = Layout()
        self._firsts: dict[str, str] = {}
        self._copies: dict[str, int] = {}
        self._pending: deque[tuple[str, _Region]] = deque()

    def done(self) -> Layout:
        """Lay out whatever can be reached. No recursion: decisions nest as deep as they like."""
        self._layout.start = self._key(self._graph.start, _Region(END, ()))
        while self._pending:
            step_id, region = self._pending.popleft()
            self._place(step_id, region)
        return self._layout

    def _place(self, step_id: str, region: _Region) -> None:
        if len(self._layout.places) == PLACES_MAX:
            raise Inexpressible(
                f"in CACAO a branch is a subroutine: this playbook would need more than "
                f"{PLACES_MAX} steps, since its branches share steps before they join; let them "
                "join (on_success) before the steps that they share"
            )
        node, key = self._graph.nodes[step_id], region.keys[step_id]
        first = self._firsts.setdefault(step_id, key)
        ways = {**self._branches(node, key), **self._onward(node, region)}
        self._layout.places.append(Place(key, node, ways, None if first == key else first))

    def _key(self, target: str, region: _Region) -> str:
        """Return the key of a step in a region; the end of the region for what is behind it."""
        if target in (END, region.stop):
            if region.end is None:
                region.end = identifier("end", self._graph.playbook.id, "end", *region.role)
                self._layout.ends.append(region.end)
            return region.end
        if target not in region.keys:
            number = self._copies[target] = self._copies.get(target, 0) + 1
            kind = KINDS[self._graph.nodes[target].step.type]
            role = ("step", target) if number == 1 else ("step", target, str(number))
            region.keys[target] = identifier(kind, self._graph.playbook.id, *role)
            self._pending.append((target, region))
        return region.keys[target]

    def _onward(self, node: Node, region: _Region) -> JsonObject:
        """Return where a step leads once it, and every branch that it opened, is done."""
        target = self._joins.of(node.links.values()) if node.links else node.next
        success, failed = self._key(target, region), failure(node)
        if failed is None:
            self._layout.gives_up = True
            return {"on_success": success}
        failed_key = self._key(failed, region)
        if failed_key == success:
            return {"on_completion": success}
        return {"on_success": success, "on_failure": failed_key}

    def _branches(self, node: Node, key: str) -> JsonObject:
        match node.step.type:
            case "condition":
                return self._decision(node, key)
            case "switch":
                return {"cases": self._cases(node, key)}
            case "while":
                return {"on_true": self._frame(node.frames[0], key, "on_true")}
            case "parallel":
                begun = [self._frame(f, key, str(n)) for n, f in enumerate(node.frames)]
                # The standard wants two branches; the second of one does nothing.
                nothing = [self._frame(END, key, "1")] if len(begun) == 1 else []
                return {"next_steps": begun + nothing}
        return {}

    def _decision(self, node: Node, key: str) -> JsonObject:
        join = self._joins.of(node.links.values())
        ways = {"on_true": self._key(node.links["true"], _Region(join, (key, "on_true")))}
        if node.links["false"] != join:
            ways["on_false"] = self._key(node.links["false"], _Region(join, (key, "on_false")))
        return ways

    def _cases(self, node: Node, key: str) -> JsonObject:
        join = self._joins.of(node.links.values())
        # ``default`` is a word there; a value that is spelled so needs another one.
        names = {
            case.casefold(): _LITERAL_DEFAULT if case == _DEFAULT else case
            for case in getattr(node.step, "cases", {})
        }
        return {
            names.get(case, _DEFAULT): self._key(target, _Region(join, (key, "case", case)))
            for case, target in node.links.items()
        }

    def _frame(self, first: str, key: str, branch: str) -> str:
        return self._key(first, _Region(END, (key, branch)))
