"""Which values the templates and expressions of a step read, by their paths."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import nodes

from engine import expressions
from engine.templates import compiling
from schemas.problems import below
from schemas.steps import (
    ActionStep,
    ApprovalStep,
    ConditionStep,
    DelayStep,
    PlaybookStep,
    Step,
    SwitchStep,
    WhileStep,
)

_DEFAULTS: Final = frozenset({"default", "d"})
_PRESENCE: Final = frozenset({"defined", "undefined"})


@dataclass(frozen=True, slots=True)
class Read:
    """A value that is read. pointer: of the text that reads it, below the playbook.

    needed: without the value the step fails; else its absence is provided for.
    """

    pointer: str
    path: tuple[str, ...]
    needed: bool

    @property
    def words(self) -> str:
        """The path as its author writes it."""
        return ".".join(self.path)


def reads(step: Step, pointer: str) -> Iterator[Read]:
    """Yield what a step, which stands at ``pointer``, reads when it starts."""
    match step:
        case ActionStep() | PlaybookStep():
            yield from _of_value(step.parameters, f"{pointer}/parameters")
        case ConditionStep() | SwitchStep() | WhileStep():
            yield from _of_expression(step.expression, f"{pointer}/expression")
        case ApprovalStep():
            yield from _of_value(step.message, f"{pointer}/message")
        case DelayStep() if step.until is not None:
            yield from _of_value(step.until, f"{pointer}/until")


def _of_value(value: Any, pointer: str) -> Iterator[Read]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _of_value(each, below(pointer, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _of_value(each, below(pointer, index))
    elif isinstance(value, str) and compiling.is_template(value):
        tree = compiling.parsed(value)
        own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
        for path, needed in _paths(tree, True):
            if path[0] not in own:
                yield Read(pointer, path, needed)


def _of_expression(source: str, pointer: str) -> Iterator[Read]:
    for path, _ in _paths(expressions.tree(source), False):
        # What is not there decides like a missing field: it is never needed.
        yield Read(pointer, path, False)


def _paths(node: nodes.Node, needed: bool) -> Iterator[tuple[tuple[str, ...], bool]]:
    path = _path(node)
    if path is not None:
        yield path, needed
        return
    if isinstance(node, nodes.Filter) and node.name in _DEFAULTS and node.node is not None:
        yield from _paths(node.node, False)
        for argument in node.args:
            yield from _paths(argument, needed)
        return
    if isinstance(node, nodes.Test) and node.name in _PRESENCE:
        needed = False
    if isinstance(node, nodes.If | nodes.CondExpr):
        # Whoever writes an if has thought of what may be missing.
        needed = False
    for child in node.iter_child_nodes():
        yield from _paths(child, needed)


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """Return a lookup as a path; None: it is none, or follows a value that is not known here."""
    match node:
        case nodes.Name(ctx="load"):
            return (node.name,)
        case nodes.Getattr():
            key: Any = node.attr
        case nodes.Getitem() if isinstance(node.arg, nodes.Const):
            key = node.arg.value
        case _:
            return None
    before = _path(node.node)
    return None if before is None else (*before, str(key))
