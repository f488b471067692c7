"""Expressions as conditions of CACAO: comparisons in the STIX patterning language.

``finding.cvss >= 9`` becomes ``[__finding_cvss__:value >= 9]``. What that language cannot say
(a filter, a sum, a text in a list) becomes a comparison of one variable that stands for the
whole expression, so that nobody reads another condition than was written.
"""

from typing import Any, Final, Literal

from jinja2 import nodes

from engine import expressions
from engine.cacao.exporting.variables import Variables
from engine.templates.errors import TemplateError

Style = Literal["bracketed", "soarca"]
"""``bracketed`` is the standard's grammar. ``soarca``: a lone comparison goes without brackets,
in three words, as the engine SOARCA reads it."""

_SIGNS: Final = {"eq": "=", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_FLIPPED: Final = {"eq": "eq", "ne": "ne", "lt": "gt", "lteq": "gteq", "gt": "lt", "gteq": "lteq"}
_JOINS: Final = {nodes.And: "AND", nodes.Or: "OR"}


def condition(expression: str, variables: Variables, style: Style = "bracketed") -> str:
    """Return the condition that an expression is."""
    part = _part(_tree(expression), variables)
    if part is None:
        part = f"{variables.whole(expression, 'bool')}:value = true"
    if style == "soarca" and len(part.split(" ")) == 3:
        return part
    return f"[{part}]"


def switch(expression: str, variables: Variables) -> str:
    """Return the variable that a switch decides by."""
    path = _path(_tree(expression))
    variable = variables.named(path) if path else variables.whole(expression, "string")
    return f"{variable}:value"


def _tree(expression: str) -> nodes.Expr | None:
    try:
        return expressions.tree(expression)
    except TemplateError:
        return None


def _part(node: nodes.Node | None, variables: Variables) -> str | None:
    match node:
        case nodes.And() | nodes.Or():
            left, right = _part(node.left, variables), _part(node.right, variables)
            if left is None or right is None:
                return None
            return " ".join((_in_parentheses(left), _JOINS[type(node)], _in_parentheses(right)))
        case nodes.Compare(ops=[operand]):
            return _comparison(node.expr, operand.op, operand.expr, variables)
    return None


def _in_parentheses(part: str) -> str:
    return f"({part})" if " AND " in part or " OR " in part else part


def _comparison(
    left: nodes.Expr, operator: str, right: nodes.Expr, variables: Variables
) -> str | None:
    if operator in ("in", "notin"):
        return _membership(left, operator, right, variables)
    if _path(left) is None and operator in _FLIPPED:
        left, operator, right = right, _FLIPPED[operator], left
    path, literal = _path(left), _literal(right)
    if path is None or literal is None or operator not in _SIGNS:
        return None
    return f"{variables.named(path)}:value {_SIGNS[operator]} {literal}"


def _membership(
    left: nodes.Expr, operator: str, right: nodes.Expr, variables: Variables
) -> str | None:
    path = _path(left)
    if path is None or not isinstance(right, nodes.List | nodes.Tuple) or not right.items:
        return None
    literals = [literal for item in right.items if (literal := _literal(item)) is not None]
    if len(literals) < len(right.items):
        return None
    word = "IN" if operator == "in" else "NOT IN"
    return f"{variables.named(path)}:value {word} ({', '.join(literals)})"


def _path(node: nodes.Node | None) -> str | None:
    """Return the dotted path that a lookup is, None when it is anything else."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            owner, key = _path(node.node), node.attr
        case nodes.Getitem(arg=nodes.Const(value=str(name))) if _is_word(name):
            owner, key = _path(node.node), name
        case _:
            return None
    return None if owner is None else f"{owner}.{key}"


def _is_word(name: str) -> bool:
    return name.isascii() and name.replace("-", "_").isidentifier()


def _literal(node: nodes.Node) -> str | None:
    match node:
        case nodes.Neg(node=nodes.Const(value=value)) if _is_number(value):
            return _number(-value)
        case nodes.Const(value=bool(value)):
            return "true" if value else "false"
        case nodes.Const(value=str(value)) if value.isprintable():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case nodes.Const(value=value) if _is_number(value):
            return _number(value)
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: int | float) -> str | None:
    text = repr(value)
    # The grammar has no exponents.
    return text if set(text) <= set("-.0123456789") else None
