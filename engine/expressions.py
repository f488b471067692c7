"""Expressions: what a ``condition``, a ``while`` or a ``switch`` decides by.

The language of templates without marks, and with marks around operands as well:

    finding.severity == "critical"            'production' in {{ finding.asset.tags }}
    "{{ finding.severity }}" == "critical"    {{ steps.create-ticket.status }} == "completed"

A mark is an operand in parentheses, never text that is put in: no value of an event can
change what an expression means. What is not there decides like a missing field of a trigger:
it equals nothing, is in nothing and is false, and only ``!=``, ``not in`` and ``not`` hold of
it. Any other use (arithmetic, a filter) is an error that names it.
"""

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, Literal

from jinja2 import TemplateSyntaxError, nodes
from jinja2.lexer import describe_token
from jinja2.parser import Parser

from engine.contexts import EVENT_ROOTS, RUN_ROOTS, SECRETS, Context
from engine.templates.compiling import STRING, Template, lone, with_hyphens
from engine.templates.errors import Failed, TemplateError, TooLarge
from engine.templates.language import Language
from engine.templates.limits import SOURCE_BYTES_MAX, Work
from engine.templates.operations import compared_pair
from engine.templates.sandbox import Sandbox
from engine.templates.values import Absent
from schemas.problems import Problem

NAMES: Final = (*EVENT_ROOTS, *RUN_ROOTS, "loop")
"""What a path can start with. ``loop`` is there in the body of a ``while`` only."""

MARK: Final = re.compile(
    rf"\{{\{{[-+]?(?P<code>(?>(?:{STRING}|[^'\"}}]|\}}(?!\}}))*))\}}\}}", re.DOTALL
)
"""An operand in marks; its group ``code`` is what stands between them."""

MARKS_MAX = 200
"""Of an expression: whether each is closed is looked for by itself."""

_PART = re.compile(rf"{MARK.pattern}|(?P<text>{STRING})", re.DOTALL)
Form = Literal["value", "truth"]
"""How the result is wanted. Apart, because a truth has no size: a long text is just true."""

_OF_THE_ABSENT = ("ne", "notin")
_REASON_MAX = 300
_ADVICE = "compare with == != < <= > >= in, join with and, or, not, and quote texts"


def evaluate(source: str, context: Context) -> Any:
    """Return the value of an expression as plain JSON, None where it leads nowhere.

    Raises TemplateError.
    """
    return _result(source, "value", context)


def truth(source: str, context: Context) -> bool:
    """Return whether an expression holds. False are also 0, null and what is empty or missing.

    Raises TemplateError.
    """
    return bool(_result(source, "truth", context))


def problems(source: str, pointer: str) -> list[Problem]:
    """Return what is wrong, in any context, with an expression that stands at ``pointer``."""
    try:
        _compiled(source, "truth")
    except TemplateError as error:
        return [Problem(pointer, error.message)]
    return []


def tree(source: str) -> nodes.Expr:
    """Return the syntax of an expression, for those who say it in another language.

    Raises TemplateError.
    """
    _compiled(source, "truth")
    return _parsed(_PART.sub(_operand, source))


class _Undecided(Absent):
    """What is not there, where something is decided: false, instead of an error."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


def _compared(work: Work, first: Any, *rest: Any) -> bool:
    """Return whether a chain of comparisons holds: value, operator, value, operator, value …"""
    left = first
    for operator, right in zip(rest[::2], rest[1::2], strict=True):
        if not _holds(work, operator, left, right):
            return False
        left = right
    return True


def _holds(work: Work, operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, Absent) or isinstance(right, Absent):
        return operator in _OF_THE_ABSENT
    try:
        return compared_pair(work, operator, left, right)
    except Failed:
        # Without an order, or no list to be in: it depends on the event, so it decides.
        return operator in _OF_THE_ABSENT


class _Decisions(Sandbox):
    """The sandbox of templates, where comparisons always have an answer."""

    compared = staticmethod(_compared)


_SANDBOX: Final = _Decisions(_Undecided)


def _result(source: str, form: Form, context: Context) -> Any:
    try:
        return _compiled(source, form).render(context, Work()).value
    except TemplateError:
        raise
    except Exception as error:
        # The author's expression on a detector's values: whatever they do together, the step
        # fails with its reason, and the execution goes on.
        raise Failed(f"{type(error).__name__}: {error}"[:_REASON_MAX]) from error


@lru_cache(maxsize=1024)
def _compiled(source: str, form: Form) -> Template:
    if len(source.encode("utf-8", "replace")) > SOURCE_BYTES_MAX:
        raise TooLarge("an expression", f"{SOURCE_BYTES_MAX} bytes")
    if not source.strip():
        raise TemplateError("template_syntax", "an expression says what to decide by: it is empty")
    if source.count("{{") > MARKS_MAX:
        raise TooLarge("an expression", f"{MARKS_MAX} operands in {{{{ }}}}")
    if "{{" in _PART.sub("", source):
        raise TemplateError("template_syntax", "{{ is not closed; write }} after the operand")
    try:
        return lone(_formed(_checked(_parsed(_PART.sub(_operand, source))), form), _SANDBOX)
    except TemplateSyntaxError as error:
        message = f"{error.message} (line {error.lineno}); {_ADVICE}"
    except (RecursionError, SyntaxError, MemoryError, ValueError) as error:
        message = f"cannot be read: {type(error).__name__}; make it simpler"
    raise TemplateError("template_syntax", message)


def _operand(part: re.Match[str]) -> str:
    """Return a mark, or a literal with marks in it, as an operand: in parentheses."""
    if part["text"] is None:
        return _marked(part)
    literal, quote = part["text"], part["text"][0]
    whole = MARK.fullmatch(literal[1:-1].strip())
    if whole:
        return _marked(whole)
    within = MARK.sub(lambda mark: f"{quote} ~ {_marked(mark)} ~ {quote}", literal)
    return literal if within == literal else f"({within})"


def _marked(mark: re.Match[str]) -> str:
    code = mark["code"].removesuffix("-")
    # By itself, or {{ a) or (b }} would be read as something else than one operand.
    _parsed(code)
    return f"({code})"


def _parsed(code: str) -> nodes.Expr:
    parser = Parser(_SANDBOX, with_hyphens(code), state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        rest = parser.stream.current
        raise TemplateSyntaxError(f"unexpected {describe_token(rest)!r}", rest.lineno)
    return expression


def _checked(expression: nodes.Expr) -> nodes.Expr:
    if any(name.name == SECRETS for name in expression.find_all(nodes.Name)):
        raise TemplateError("template_secret", "a secret cannot decide anything; leave it out")
    checked: nodes.Expr = Language().visit(expression)
    for name in checked.find_all(nodes.Name):
        # At run time it would be one more thing that is not there: false for ever, unseen.
        if name.name not in NAMES:
            raise _unknown(name.name)
    return checked


def _unknown(name: str) -> TemplateError:
    if name.lower() in ("null", "nil", "undefined"):
        advice = "write none, or: is not defined"
    elif close := get_close_matches(name, NAMES, n=1, cutoff=0.75):
        advice = f"did you mean {close[0]}"
    else:
        starts = ", ".join(NAMES)
        advice = f"a path starts with one of {starts} (finding.{name}); a text takes quotes"
    return TemplateError("missing_variable", f"{name} is not known here; {advice}", path=name)


def _formed(expression: nodes.Expr, form: Form) -> nodes.Expr:
    """Return an expression that gives a value in any case: as it is, or as true or false."""
    if form == "truth":
        return nodes.CondExpr(expression, nodes.Const(True), nodes.Const(False), lineno=1)
    fallback = [nodes.Const(None)]
    return nodes.Filter(expression, "default", fallback, [], None, None, lineno=1)
