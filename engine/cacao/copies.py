"""Steps that stand in several places at once, compiled once for each.

A step has one run at a time. Two branches of a parallel step may lead to the same step, and so
may the flow and the handling of its failures: all but the first place get copies of what they
share. Branches of which only one is run need none.
"""

import re
from dataclasses import replace

from engine.graphs import Node
from schemas.steps import END
from schemas.workflows import ForkStep

NODES_MAX = 1_000
"""Steps of a run, with what was expanded: commands on targets, and copies."""


_COPY = re.compile(r"\.copy\d+$")


class TooLarge(ValueError):
    """A workflow that needs more steps than a run may have."""


def separated(nodes: dict[str, Node], start: str, handler: str) -> tuple[dict[str, Node], str]:
    """Return the nodes that can be reached, in order, and where failures are handled.

    Raises TooLarge.
    """
    found = dict(nodes)
    if handler != END:
        handler = _apart(found, handler, closure(found, [start]))
    # Copies come after what they are copied from, so that forks in them are looked at too.
    pending = [step_id for step_id in _order(found, [start, handler]) if _forks(found[step_id])]
    done: set[str] = set()
    while pending:
        fork = pending.pop(0)
        if fork in done:
            continue
        done.add(fork)
        _fork(found, fork)
        order = _order(found, [start, handler])
        pending = [step_id for step_id in order if _forks(found[step_id]) and step_id not in done]
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


def _fork(nodes: dict[str, Node], fork: str) -> None:
    """Give each branch of a fork its own copy of what an earlier branch leads to as well."""
    taken: set[str] = set()
    firsts = []
    for first in nodes[fork].frames:
        own = _apart(nodes, first, taken)
        firsts.append(own)
        taken |= closure(nodes, [own])
    nodes[fork] = replace(nodes[fork], frames=tuple(firsts))


def _apart(nodes: dict[str, Node], root: str, taken: set[str]) -> str:
    """Return ``root`` leading to copies of what is taken already."""
    reached = closure(nodes, [root])
    names: dict[str, str] = {}
    for step_id in sorted(reached & taken):
        names[step_id] = _free(step_id, {*nodes, *names.values()})
    if len(nodes) + len(names) > NODES_MAX:
        raise TooLarge(
            f"a run would have more than {NODES_MAX} steps: its parallel branches share too much"
        )
    for step_id in reached:
        linked = _linked(nodes[step_id], names)
        if step_id in names:
            name = names[step_id]
            step = linked.step.model_copy(update={"id": name})
            nodes[name] = replace(linked, step=step)
        else:
            nodes[step_id] = linked
    return names.get(root, root)


def _free(step_id: str, taken: set[str]) -> str:
    original = _COPY.sub("", step_id)
    number = 2
    while f"{original}.copy{number}" in taken:
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
