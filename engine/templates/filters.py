"""The filters and tests that templates have, each accounting for its work.

Those of jinja2 are used where they are harmless; those that can be made to build something
huge, or that read text as code, are written anew or left out.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any, cast

import orjson
from jinja2 import pass_context
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Context
from jinja2.utils import url_quote
from markupsafe import escape

from engine.templates.errors import Failed
from engine.templates.limits import CALL_UNITS, ORDER_UNITS, Work, cost, deep_cost, few
from engine.templates.operations import bounded, joined, present, replaced
from engine.templates.values import Absent, json_text, text

Filter = Callable[..., Any]


class RenderContext(Context):
    """The context of jinja2, with what is left of the limits."""

    work: Work


Look = Callable[[Work, Any], Any]
"""What a filter makes of its value before it looks at it, the work accounted for."""


def _own(function: Filter) -> Filter:
    """Return a function of (work, value, …) as a filter with limits."""

    @pass_context
    def filtered(context: RenderContext, value: Any, *args: Any, **options: Any) -> Any:
        work = context.work
        present(value, *args, *options.values())
        work.spend(CALL_UNITS + cost(value))
        deep_cost((args, options), work)
        return bounded(work, function(work, value, *args, **options), value)

    return cast(Filter, filtered)


def _stock(name: str, look: Look) -> Filter:
    """Return a filter of jinja2 with limits."""
    function = JINJA_FILTERS[name]
    wants = getattr(function, "jinja_pass_arg", None)

    @pass_context
    def filtered(context: RenderContext, value: Any, *args: Any, **options: Any) -> Any:
        work = context.work
        present(value, *args, *options.values())
        work.spend(CALL_UNITS + cost(value))
        deep_cost((args, options), work)
        looked_at = look(work, value)
        said: dict[str | None, tuple[Any, ...]] = {
            None: (),
            "context": (context,),
            "environment": (context.environment,),
            "eval_context": (context.eval_ctx,),
        }
        first = said[wants.name if wants is not None else None]
        return bounded(work, function(*first, looked_at, *args, **options), value)

    return cast(Filter, filtered)


def _as_it_is(work: Work, value: Any) -> Any:
    return value


def _text(work: Work, value: Any) -> str:
    # The text that Python has for a list is not JSON, and may be of any size.
    deep_cost(value, work)
    return text(value)


def _words(work: Work, value: Any) -> str:
    return cast(str, few(_text(work, value)))


def _elements(work: Work, value: Any) -> Any:
    return few(value)


def _ordered(work: Work, value: Any) -> Any:
    # Two lists are compared by comparing all that is in them.
    deep_cost(few(value), work)
    work.spend(ORDER_UNITS * cost(value))
    return value


@pass_context
def _default(context: Context, value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if isinstance(value, Absent) or (boolean and not value) else value


def _join(work: Work, value: Any, separator: Any = "", attribute: str | None = None) -> str:
    parts = value if attribute is None else [_field(each, attribute) for each in value]
    return joined(work, parts, text(separator))


def _field(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise Failed(f"an element of the list has no {name}")
    return value[name]


def _to_json(work: Work, value: Any, indent: int | None = None) -> str:
    deep_cost(value, work)
    return json_text(value, orjson.OPT_INDENT_2 if indent else 0)


def _integer(work: Work, value: Any, default: Any = 0) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default


def _float(work: Work, value: Any, default: Any = 0.0) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if number - number == 0 else default


_ROUNDING = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


def _round(work: Work, value: Any, precision: int = 0, way: str = "common") -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or way not in _ROUNDING:
        raise Failed("round takes a number, a precision and common, ceil or floor")
    if not 0 <= precision <= 15:
        raise Failed("round takes a precision from 0 to 15")
    digits = Decimal(1).scaleb(-precision)
    return float(Decimal(repr(value)).quantize(digits, rounding=_ROUNDING[way]))


def _sum(work: Work, value: Any, attribute: str | None = None, start: Any = 0) -> Any:
    numbers = value if attribute is None else [_field(each, attribute) for each in value]
    if not all(type(each) in (int, float) for each in (*numbers, start)):
        raise Failed("sum takes a list of numbers")
    return sum(numbers, start)


def _escape(work: Work, value: Any) -> str:
    # A string of its own: what escape returns would escape whatever it is put together with.
    return str.__str__(escape(_words(work, value)))


def _url_encode(work: Work, value: Any) -> str:
    if not isinstance(value, dict):
        return url_quote(_words(work, value))
    pairs = ((url_quote(name, for_qs=True), _words(work, each)) for name, each in value.items())
    return joined(work, [f"{name}={url_quote(each, for_qs=True)}" for name, each in pairs], "&")


_STOCK: dict[Look, str] = {
    _as_it_is: "abs first last length",
    _text: "capitalize lower trim truncate upper",
    _words: "title wordcount",
    _elements: "items list map reject rejectattr reverse select selectattr",
    _ordered: "dictsort max min sort unique",
}

FILTERS: dict[str, Filter] = {
    name: _stock(name, look) for look, names in _STOCK.items() for name in names.split()
} | {
    "count": _stock("length", _as_it_is),
    "default": _default,
    "d": _default,
    "escape": _own(_escape),
    "e": _own(_escape),
    "float": _own(_float),
    "int": _own(_integer),
    "join": _own(_join),
    "replace": _own(replaced),
    "round": _own(_round),
    "string": _own(_text),
    "sum": _own(_sum),
    "tojson": _own(_to_json),
    "urlencode": _own(_url_encode),
}


def _of_value(test: Callable[..., bool]) -> Filter:
    def tested(value: Any, *args: Any) -> bool:
        present(value, *args)
        return test(value, *args)

    return tested


def _of_number(test: Callable[..., bool]) -> Filter:
    def tested(value: Any, *args: Any) -> bool:
        present(value, *args)
        # With a text on its left, % is the formatting of texts: of any length.
        if not all(type(each) in (int, float) for each in (value, *args)):
            raise Failed("even, odd and divisibleby are asked of numbers")
        return test(value, *args)

    return tested


def _comparison(operator: str) -> Filter:
    @pass_context
    def tested(context: RenderContext, value: Any, other: Any) -> bool:
        context.work.spend(CALL_UNITS)
        # As the operator of the same name compares in this environment.
        compared = cast(Any, context.environment).compared
        return cast(bool, compared(context.work, value, operator, other))

    return cast(Filter, tested)


_COMPARISONS = {
    "eq": ("eq", "==", "equalto"),
    "ne": ("ne", "!="),
    "lt": ("lt", "<", "lessthan"),
    "lteq": ("le", "<="),
    "gt": ("gt", ">", "greaterthan"),
    "gteq": ("ge", ">="),
    "in": ("in",),
}

TESTS: dict[str, Filter] = {
    "defined": lambda value: not isinstance(value, Absent),
    "undefined": lambda value: isinstance(value, Absent),
    "none": _of_value(lambda value: value is None),
    "true": _of_value(lambda value: value is True),
    "false": _of_value(lambda value: value is False),
    "boolean": _of_value(lambda value: isinstance(value, bool)),
    "integer": _of_value(lambda value: type(value) is int),
    "float": _of_value(lambda value: type(value) is float),
    "number": _of_value(lambda value: type(value) in (int, float)),
    "string": _of_value(lambda value: isinstance(value, str)),
    "mapping": _of_value(lambda value: isinstance(value, dict)),
    "sequence": _of_value(lambda value: isinstance(value, list)),
    "even": _of_number(lambda value: value % 2 == 0),
    "odd": _of_number(lambda value: value % 2 == 1),
    "divisibleby": _of_number(lambda value, divisor: value % divisor == 0),
} | {name: _comparison(operator) for operator, names in _COMPARISONS.items() for name in names}
