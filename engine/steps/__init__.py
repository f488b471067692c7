"""What each type of step does when the flow comes to it: one module per type.

A new type is a module with ``start(flow, node, frame)`` and a row in ``_STARTS``.
"""

from typing import TYPE_CHECKING

from engine.graphs import Node
from engine.steps import actions

if TYPE_CHECKING:
    from engine.flows import Flow

_STARTS = {"action": actions.start}


def start_step(flow: "Flow", node: Node, frame: str) -> None:
    """Visit a step: record its start, and what follows at once."""
    _STARTS[node.step.type](flow, node, frame)
