"""The jinja2 environment in which templates run. There is one, and it keeps no state.

Below the rewriting of ``language.py``: lookups see plain JSON only, and nothing but the
operations of this package can be called. The sandbox of jinja2 stands behind both.
"""

from typing import Any, Final

from jinja2 import pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.paths import MISSING, child
from engine.templates import methods, operations
from engine.templates.filters import FILTERS, TESTS, RenderContext
from engine.templates.limits import deep_cost
from engine.templates.values import Absent, Secret, text

_LOOP_FIELDS = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"}
)
_OPERATIONS = frozenset(
    {"concatenated", "compared", "cut", "iterated", "named", "numbers", "method", "secret"}
)


@pass_context
def _finalized(context: RenderContext, value: Any) -> str:
    """Return what is inserted for ``value``: its text, or the mark of a secret."""
    if isinstance(value, Secret):
        return value
    if type(value) is not str:
        deep_cost(value, context.work)
    return text(value)


class Sandbox(ImmutableSandboxedEnvironment):
    """Evaluates what ``language.Language`` lets through, within the limits of its context."""

    context_class = RenderContext
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    concatenated = staticmethod(operations.concatenated)
    compared = staticmethod(operations.compared)
    cut = staticmethod(operations.cut)
    iterated = staticmethod(operations.iterated)
    named = staticmethod(operations.named)
    numbers = staticmethod(operations.numbers)
    method = staticmethod(methods.method)

    def __init__(self, absent: type[Absent] = Absent) -> None:
        super().__init__(
            undefined=absent,
            finalize=_finalized,
            autoescape=False,
            # Folding constants would run filters at compile time, outside of all limits.
            optimized=False,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)
        self.globals = {}
        self._absent = absent
        self._callable = frozenset(getattr(self, name) for name in _OPERATIONS)

    @staticmethod
    def secret(work: Any, name: str) -> Secret:
        """Return the mark that stands for a secret in the output."""
        return Secret(name)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a field or an element. argument: a key, or the pair (key, how it is spelled)."""
        key, words = argument if type(argument) is tuple else (argument, "")
        operations.present(key)
        name = str(key) if type(key) in (str, int) else f"a {type(key).__name__}"
        words = words or name
        if isinstance(obj, Absent):
            return obj.below(words)
        if isinstance(obj, LoopContext) and key in _LOOP_FIELDS:
            return getattr(obj, key)
        if isinstance(obj, (str, tuple)) and type(key) is int and -len(obj) <= key < len(obj):
            return obj[key]
        value = child(obj, key)
        return self._absent(obj=obj, name=name, words=words) if value is MISSING else value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field: attributes do not exist here."""
        return self.getitem(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return False: attributes do not exist here."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Tell whether ``obj`` is an operation of this package."""
        return obj in self._callable

    def call(self, context: Context, obj: Any, *args: Any, **options: Any) -> Any:
        """Carry out an operation. options: what jinja2 adds inside loops, of no use here."""
        if not self.is_safe_callable(obj):
            raise SecurityError("only operations can be called")
        return obj(_work(context), *args)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Carry out ``left operator right``."""
        return operations.arithmetic(_work(context), operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Carry out ``operator arg``."""
        return operations.negated(_work(context), operator, arg)


def _work(context: Context) -> Any:
    return context.work if isinstance(context, RenderContext) else None


SANDBOX: Final = Sandbox()
