"""From what an expression gives to JSON, and to text."""

from collections.abc import Callable
from typing import Any, NoReturn

import orjson
from jinja2 import StrictUndefined

from engine.paths import MISSING
from engine.templates.absence import why_missing
from engine.templates.errors import Failed, TemplateError, TooLarge
from engine.templates.limits import INTEGER_MAX, RENDERED_BYTES_MAX, VALUE_NESTING_MAX


class Absent(StrictUndefined):
    """What a name that leads nowhere gives. Any use but ``default`` and ``is defined`` fails.

    words: the path as the template spells it. parent, key: where it was looked for.
    A name below an absent one is the same absence: the first missing part is reported.
    """

    __slots__ = ("_key", "_parent", "_words")

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = MISSING,
        name: str | None = None,
        exc: Callable[..., Exception] | None = None,
        words: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._parent = obj
        self._key = "" if name is None else name
        self._words = self._key if words is None else words
        self._undefined_exception = self._error  # type: ignore[assignment]

    def below(self, words: str) -> "Absent":
        """Return what a name below this absence gives."""
        if self._parent is MISSING:
            return type(self)(name=self._key, words=words)
        return self

    def fail(self) -> NoReturn:
        """Raise the error that names this path."""
        raise self._error()

    def _error(self, message: str | None = None) -> TemplateError:
        # Without words it comes from first, last, min or max: see jinja2.filters.
        what = self._words or "an element of an empty list"
        why = why_missing(self._words, self._parent, self._key)
        return TemplateError("missing_variable", f"{what} is not defined{why}", path=self._words)


class Secret(str):
    """The name of a secret on its way through the output of a template.

    Known by its type, which no value of an event has: nothing can spell one.
    """

    __slots__ = ()

    def __str__(self) -> str:
        """Return itself: jinja2 passes every output through ``str``."""
        return self


def plain(value: Any) -> Any:
    """Return ``value`` as plain JSON, its containers copied. Raises TemplateError.

    It stops where its JSON text would be too large: the same list may be in it many times.
    """
    return _Copy().of(value, VALUE_NESTING_MAX)


class _Copy:
    """One copy in the making. ``_left``: how many bytes its JSON text may still have."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = RENDERED_BYTES_MAX

    def of(self, value: Any, deepest: int) -> Any:
        """Return the copy of ``value``."""
        if isinstance(value, (list, tuple, dict)):
            return self._container(value, deepest)
        self._take(len(value) if isinstance(value, str) else 1)
        return _checked(value)

    def _container(self, value: Any, deepest: int) -> Any:
        self._take(1 + len(value))
        if deepest == 0:
            raise TooLarge("the nesting of a value", f"{VALUE_NESTING_MAX} levels")
        if not isinstance(value, dict):
            return [self.of(element, deepest - 1) for element in value]
        copy = {}
        for name, element in value.items():
            if type(name) is not str:
                raise Failed("a key of an object is a text")
            self._take(len(name))
            copy[name] = self.of(element, deepest - 1)
        return copy

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge("a rendered value", f"{RENDERED_BYTES_MAX} bytes")


def _checked(value: Any) -> Any:
    if value is None or isinstance(value, bool) or type(value) is str:
        return value
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise TooLarge("a number", "64 bits")
        return value
    if isinstance(value, float):
        if value - value != 0:
            raise Failed("a result is not a finite number")
        return value
    if isinstance(value, Absent):
        value.fail()
    raise Failed(f"a result is a {type(value).__name__} that JSON does not have")


def json_text(value: Any, options: int = 0) -> str:
    """Return ``value`` as JSON text. Raises TemplateError."""
    try:
        return orjson.dumps(plain(value), option=options).decode()
    except TypeError as error:
        raise Failed(str(error)) from None


def text(value: Any) -> str:
    """Return how ``value`` looks in a text: a string as it is, all else as JSON."""
    return value if type(value) is str else json_text(value)


def size(value: Any) -> int:
    """Return the bytes that plain JSON takes. Raises TemplateError: it is no Unicode text."""
    try:
        return len(value.encode()) if isinstance(value, str) else len(orjson.dumps(value))
    except (UnicodeEncodeError, TypeError) as error:
        raise Failed(str(error)) from None
