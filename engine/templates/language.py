"""The language of templates: what may be written, and what it is turned into.

jinja2 reads the text; here its syntax tree is checked against a list of constructs and
rewritten, so that everything that costs work or names a value goes through the sandbox:

    a.b, a["b"]     a lookup in plain data that knows how it was spelled
    a.upper()       an operation on ``a``, never an attribute of it
    a ~ b, a < b    operations with limits
    for x in y      a loop that pays for its rounds in advance
    secrets.NAME    a mark in the output, and nothing else
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from engine.contexts import EVENT_ROOTS, RUN_ROOTS, SECRETS
from engine.templates.errors import NotAllowed, TemplateError, TooLarge
from engine.templates.filters import FILTERS, TESTS
from engine.templates.limits import INTEGER_MAX, NESTING_MAX, NODES_MAX
from engine.templates.methods import METHOD_NAMES

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign,
    nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword,
    nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Call,
    nodes.Compare, nodes.Operand, nodes.Concat, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow,
    nodes.Neg, nodes.Pos,
)  # fmt: skip

_SPELLED = {
    "AssignBlock": "a set block", "CallBlock": "call", "FilterBlock": "a filter block",
    "FromImport": "import", "NSRef": "setting a field", "Scope": "autoescape",
}  # fmt: skip
_NOT_ASSIGNED = frozenset({*EVENT_ROOTS, *RUN_ROOTS, SECRETS, "loop", "range"})
_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


class Language(NodeTransformer):
    """Checks and rewrites one template. ``secrets`` tells whether it inserts any."""

    def __init__(self) -> None:
        self.secrets = False
        self._depth = 0
        self._nodes = 0

    def visit(self, node: nodes.Node, *args: Any, **options: Any) -> Any:
        """Return what ``node`` is turned into. Raises TemplateError."""
        if type(node) not in _ALLOWED:
            name = type(node).__name__
            raise NotAllowed(_SPELLED.get(name, name.lower()))
        self._nodes += 1
        self._depth += 1
        if self._depth > NESTING_MAX or self._nodes > NODES_MAX:
            raise TooLarge("a template", f"{NESTING_MAX} levels or {NODES_MAX} parts")
        result = super().visit(node, *args, **options)
        self._depth -= 1
        return result

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        """Insert values as text, and secrets as marks."""
        node.nodes = [self._inserted(child) for child in node.nodes]
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Name:
        """Refuse names that mean something to jinja2 itself."""
        if node.name == SECRETS:
            raise secret_misused()
        if node.name == "self" or node.name.startswith("_"):
            raise NotAllowed(f"the name {node.name}")
        if node.ctx != "load" and node.name in _NOT_ASSIGNED:
            raise NotAllowed(f"another meaning for {node.name}", "choose another name")
        return node

    def visit_Const(self, node: nodes.Const) -> nodes.Const:
        """Refuse numbers that JSON cannot hold."""
        value = node.value
        if isinstance(value, (int, float)) and not abs(value) <= INTEGER_MAX:
            raise TooLarge("a number", "64 bits")
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Make a list of it, as in JSON; only what a loop or a set assigns to stays."""
        self.generic_visit(node)
        return node if node.ctx == "store" else nodes.List(node.items, lineno=node.lineno)

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:
        """Let only a text be the key of an object."""
        self.generic_visit(node)
        if not (isinstance(node.key, nodes.Const) and isinstance(node.key.value, str)):
            node.key = _operation("named", [node.key], node)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        """Look up a field."""
        return self._lookup(node, nodes.Const(node.attr))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Look up a field or an element, or cut a part out."""
        if not isinstance(node.arg, nodes.Slice):
            return self._lookup(node, self.visit(node.arg))
        ends = (node.arg.start, node.arg.stop, node.arg.step)
        parts = [nodes.Const(None) if end is None else self.visit(end) for end in ends]
        return _operation("cut", [self.visit(node.node), *parts], node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Call ``range`` or one of the listed methods; nothing else can be called."""
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise NotAllowed("a call with named or starred arguments")
        callee = node.node
        arguments = [self.visit(argument) for argument in node.args]
        if isinstance(callee, nodes.Name) and callee.name == "range":
            return _operation("numbers", arguments, node)
        if isinstance(callee, nodes.Getattr) and callee.attr in METHOD_NAMES:
            owner = self.visit(callee.node)
            return _operation("method", [owner, nodes.Const(callee.attr), *arguments], node)
        raise NotAllowed(f"calling {spelled(callee)}", _nearest(callee, METHOD_NAMES))

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        """Apply a listed filter."""
        return self._listed(node, FILTERS, "filter")

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        """Apply a listed test."""
        return self._listed(node, TESTS, "test")

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Put texts together."""
        return _operation("concatenated", [self.visit(part) for part in node.nodes], node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Compare as conditions do, each operand evaluated once."""
        parts: list[nodes.Expr] = [self.visit(node.expr)]
        for operand in node.ops:
            parts += [nodes.Const(operand.op), self.visit(operand.expr)]
        return _operation("compared", parts, node)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:
        """Choose one of two."""
        if node.expr2 is None:
            raise NotAllowed("an inline if without else", "say what it is otherwise")
        return self.generic_visit(node)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Loop, with the work of all rounds paid in advance."""
        if node.recursive:
            raise NotAllowed("a recursive loop")
        weight = sum(1 for part in (*node.body, node.test) if part for _ in _within(part))
        self.generic_visit(node)
        node.iter = _operation("iterated", [node.iter, nodes.Const(weight)], node)
        return node

    def _inserted(self, child: nodes.Expr) -> nodes.Expr:
        name = _secret(child)
        if name is None:
            inserted: nodes.Expr = self.visit(child)
            return inserted
        self.secrets = True
        return _operation("secret", [nodes.Const(name)], child)

    def _lookup(self, node: nodes.Getattr | nodes.Getitem, key: nodes.Expr) -> nodes.Node:
        words = nodes.Const(spelled(node))
        pair = nodes.Tuple([key, words], "load", lineno=node.lineno)
        return nodes.Getitem(self.visit(node.node), pair, "load", lineno=node.lineno)

    def _listed(
        self, node: nodes.Filter | nodes.Test, known: Iterable[str], what: str
    ) -> nodes.Node:
        if node.name not in known:
            raise NotAllowed(f"the {what} {node.name}", _nearest(node, known))
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise NotAllowed("a call with starred arguments")
        return self.generic_visit(node)


def secret_misused() -> TemplateError:
    """Return the error for a secret that is anything but inserted."""
    return TemplateError(
        "template_secret",
        "a secret can only be inserted as it is: {{ secrets.NAME }}, nothing else in the braces",
    )


def spelled(node: nodes.Node) -> str:
    """Return a lookup as its author would say it: ``finding.asset.tags``."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{spelled(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else "…"
        simple = isinstance(key, int) or (isinstance(key, str) and key.isidentifier())
        return f"{spelled(node.node)}.{key}" if simple else f"{spelled(node.node)}[{key!r}]"
    return "(…)"


def _secret(node: nodes.Expr) -> str | None:
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)):
        return None
    if not isinstance(node.node, nodes.Name) or node.node.name != SECRETS:
        return None
    name = node.attr if isinstance(node, nodes.Getattr) else node.arg
    if isinstance(name, nodes.Const):
        name = name.value
    if not isinstance(name, str) or not _SECRET_NAME.fullmatch(name):
        raise secret_misused()
    return name


def _operation(name: str, arguments: list[Any], node: nodes.Node) -> nodes.Call:
    function = nodes.EnvironmentAttribute(name)
    return nodes.Call(function, arguments, [], None, None, lineno=node.lineno)


def _within(node: nodes.Node) -> Iterable[nodes.Node]:
    yield node
    yield from node.find_all(nodes.Node)


def _nearest(node: nodes.Node, known: Iterable[str]) -> str:
    name = str(getattr(node, "name", getattr(node, "attr", "")))
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}" if close else ""
