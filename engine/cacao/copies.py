"""Steps that stand in several places at once, compiled once for each.

A step has one run at a time. Two branches of a parallel step may lead to the same step, and so
may the flow and the handling of its failures: all but the first place get copies of what they
share. Branches of which only one is run need none.
"""

import re
from dataclasses import replace
from heapq import heappop, heappush

from engine.graphs import Node
from schemas.steps import END
from schemas.workflows import ForkStep

NODES_MAX = 1_000
"""Steps of a run, with what was expanded: commands on targets, and copies."""


_COPY = re.compile(r"\.copy\d+$")


class TooLarge(ValueError):
    """A workflow that needs more steps than a run may have."""


def require_few(number: int) -> None:
    """Raise TooLarge if a run would have more steps than it may."""
    if number > NODES_MAX:
        raise TooLarge(
            f"a run would have {number} steps, more than {NODES_MAX}: each command on each target "
            "is one"
        )


def separated(nodes: dict[str, Node], start: str, handler: str) -> tuple[dict[str, Node], str]:
    """Return the nodes that can be reached, in order, and where failures are handled.

    Raises TooLarge.
    """
    found = dict(nodes)
    if handler != END:
        names = _apart(found, handler, closure(found, [start]))
        handler = names.get(handler, handler)
    # Forks that stand in others come after those, and so do their copies: a copy leads to
    # what its original leads to, so it has the same place in the order.
    order = _order(found, [start, handler])
    pending = [(place, step_id) for place, step_id in enumerate(order) if _forks(found[step_id])]
    places = {step_id: place for place, step_id in pending}
    while pending:
        _, fork = heappop(pending)
        for original, copied in _fork(found, fork):
            if original in places:
                places[copied] = places[original]
                heappush(pending, (places[copied], copied))
    return {step_id: found[step_id] for step_id in _order(found, [start, handler])}, handler


def closure(nodes: dict[str, Node], roots: list[str]) -> set[str]:
    """Return every node that the flow may come to from these."""
    reached: set[str] = set()
    pending = [root for root in roots if root in nodes]
    while pending:
        step_id = pending.pop()
        if step_id not in reached:
            reached.add(step_id)
            pending += nodes[step_id].successors()
    return reached


def _forks(node: Node) -> bool:
    return isinstance(node.step, ForkStep)


def _fork(nodes: dict[str, Node], fork: str) -> list[tuple[str, str]]:
    """Give each branch of a fork its own copy of what an earlier branch leads to as well.

    Returns what was copied, as original and copy.
    """
    taken: set[str] = set()
    firsts: list[str] = []
    copied: list[tuple[str, str]] = []
    for first in nodes[fork].frames:
        names = _apart(nodes, first, taken)
        copied += names.items()
        firsts.append(names.get(first, first))
        taken |= closure(nodes, firsts[-1:])
    nodes[fork] = replace(nodes[fork], frames=tuple(firsts))
    return copied


def _apart(nodes: dict[str, Node], root: str, taken: set[str]) -> dict[str, str]:
    """Let what ``root`` leads to lead to copies of what is taken already.

    Returns their names, by those of their originals.
    """
    reached = closure(nodes, [root])
    names: dict[str, str] = {}
    for step_id in sorted(reached & taken):
        names[step_id] = _free(step_id, nodes, names)
    if len(nodes) + len(names) > NODES_MAX:
        raise TooLarge(
            f"a run would have more than {NODES_MAX} steps: its parallel branches share too much"
        )
    for step_id in reached if names else ():
        linked = _linked(nodes[step_id], names)
        if step_id in names:
            name = names[step_id]
            step = linked.step.model_copy(update={"id": name})
            nodes[name] = replace(linked, step=step)
        else:
            nodes[step_id] = linked
    return names


def _free(step_id: str, nodes: dict[str, Node], names: dict[str, str]) -> str:
    original = _COPY.sub("", step_id)
    taken = set(names.values())
    number = 2
    while f"{original}.copy{number}" in nodes or f"{original}.copy{number}" in taken:
        number += 1
    return f"{original}.copy{number}"


def _linked(node: Node, names: dict[str, str]) -> Node:
    return replace(
        node,
        next=names.get(node.next, node.next),
        on_failure=names.get(node.on_failure, node.on_failure),
        links={label: names.get(target, target) for label, target in node.links.items()},
        frames=tuple(names.get(target, target) for target in node.frames),
    )


def _order(nodes: dict[str, Node], roots: list[str]) -> list[str]:
    """Return the nodes from these on, each before those it leads to."""
    order: list[str] = []
    done: set[str] = set()
    for root in roots[::-1]:
        pending = [(root, False)] if root in nodes else []
        while pending:
            step_id, left = pending.pop()
            if left:
                order.append(step_id)
            elif step_id not in done:
                done.add(step_id)
                node = nodes[step_id]
                pending.append((step_id, True))
                inner = [*node.frames, *node.links.values()]
                onward = [node.next, node.on_failure]
                pending += [(each, False) for each in (*inner, *onward) if each in nodes]
    return order[::-1]
