"""Where ways that part come together again: the post-dominators of a list of steps.

A branch of a CACAO document is a subroutine, which returns to the step that opened it; a link
of a playbook is a jump. What is a branch therefore ends where all ways from a decision have
come together, and what follows is said once, behind the decision.
"""

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter

from engine.graphs import FAIL, Graph, Node
from schemas.steps import ABORT, CONTINUE, END


class Joins:
    """The joins of one graph; ``end`` is where every way comes together at the latest."""

    def __init__(self, graph: Graph) -> None:
        """Compute them; a graph has no circles, so each step once, those behind it first."""
        self._up: dict[str, str] = {}
        self._depth = {END: 0}
        ways = {step_id: set(onward(node)) for step_id, node in graph.nodes.items()}
        for step_id in TopologicalSorter(ways).static_order():
            if step_id != END:
                join = self.of(ways[step_id])
                self._up[step_id] = join
                self._depth[step_id] = self._depth[join] + 1

    def of(self, targets: Iterable[str]) -> str:
        """Return the first step that every way from any of the targets comes to."""
        first, *others = targets
        for other in others:
            while first != other:
                if self._depth[first] < self._depth[other]:
                    first, other = other, first
                first = self._up[first]
        return first


def failure(node: Node) -> str | None:
    """Return where the flow goes when a step fails, None where the execution is given up."""
    if node.on_failure in (ABORT, FAIL):
        return None
    return node.next if node.on_failure == CONTINUE else node.on_failure


def onward(node: Node) -> Iterator[str]:
    """Yield where the flow may go from a step within its list. A decision goes by its links."""
    yield from node.links.values() or (node.next,)
    on_failure = failure(node)
    if on_failure is not None:
        yield on_failure
