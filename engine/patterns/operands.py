"""What stands beside the operators of a pattern: paths, literals and sets of them."""

from base64 import b64decode
from typing import Any

from engine.comparisons import moment
from engine.patterns.comparing import Binary
from engine.patterns.errors import PatternError
from engine.patterns.tokens import Token, tokens, unquoted
from engine.patterns.tree import Path

_CONSTANTS = {"true": True, "false": False}


class Cursor:
    """Where the reading of a pattern is. ``token`` is the next one, the last is of kind "end"."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._next = 0

    @property
    def token(self) -> Token:
        """Return the next token, without going on."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.token
        if token.kind != "end":
            self._next += 1
        return token

    def follows(self, sign: str) -> bool:
        """Tell whether the token after the next one is ``sign``."""
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)].text == sign

    def sign(self, *signs: str) -> str | None:
        """Go on if one of ``signs`` is next, and return it."""
        if self.token.kind == "sign" and self.token.text in signs:
            return self.take().text
        return None

    def word(self, *words: str) -> str | None:
        """Go on if one of ``words``, in capitals, is next in any case, and return it."""
        word = self.token.text.upper()
        if self.token.kind == "name" and word in words and not self.follows(":"):
            self.take()
            return word
        return None

    def expect(self, sign: str, why: str) -> None:
        """Go on past ``sign``. Raises PatternError."""
        if not self.sign(sign):
            raise PatternError(f"{sign} is missing {why}", self.token.position)


def path(cursor: Cursor) -> Path:
    """Read ``ipv4-addr:value``, ``file:hashes.'SHA-256'``, ``__name__:value`` or ``$$name$$``."""
    name = _named(cursor)
    steps: list[list[str | int]] = [[]]
    if cursor.sign(":"):
        first = _key(cursor)
        steps[0].append(first)
        while found := cursor.sign(".", "["):
            if found == ".":
                steps[-1].append(_key(cursor))
                continue
            if cursor.sign("*"):
                steps.append([])
            else:
                steps[-1].append(_index(cursor))
            cursor.expect("]", "after the position in a list")
        if _is_variable(name) and steps[0].pop(0) != "value":
            raise PatternError(
                f"a variable has a value only; write {name}:value", cursor.token.position
            )
    elif not _is_variable(name):
        name = f"__{name}__"
    return Path(name, tuple(steps[0]), tuple(map(tuple, steps[1:])))


def is_path(cursor: Cursor) -> bool:
    """Tell whether a path is next, and not the word of a constant or of an unquoted text."""
    token = cursor.token
    return token.kind == "name" and (
        _is_variable(token.text) or token.text.startswith("$$") or cursor.follows(":")
    )


def literal(cursor: Cursor) -> Any:
    """Read a text, number, boolean, time or ``Binary``. Raises PatternError."""
    token = cursor.take()
    if token.kind == "text":
        return unquoted(token.text)
    if token.kind == "number":
        return _number(token)
    if token.kind == "literal":
        return _typed(token)
    if token.kind == "name" and token.text.casefold() in _CONSTANTS:
        return _CONSTANTS[token.text.casefold()]
    if token.kind == "name":
        raise PatternError(f"a text is quoted; write '{token.text}'", token.position)
    found = f", not {token.text}" if token.text else ""
    raise PatternError(f"a value belongs here{found}: a text in quotes or a number", token.position)


def literals(cursor: Cursor) -> tuple[Any, ...]:
    """Read a set: ``('high', 'critical')``. Raises PatternError."""
    cursor.expect("(", "before the values of IN")
    found = [literal(cursor)]
    while cursor.sign(","):
        found.append(literal(cursor))
    cursor.expect(")", "after the values of IN")
    return tuple(found)


def _named(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind != "name":
        found = token.text or "the end"
        message = f"a path belongs here, not {found}; write __name__:value or ipv4-addr:value"
        raise PatternError(message, token.position)
    # So are variables written in CACAO 1.
    return f"__{token.text[2:-2]}__" if token.text.startswith("$$") else token.text


def _is_variable(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def _key(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind == "text":
        return unquoted(token.text)
    if token.kind == "name" and not token.text.startswith("$$"):
        return token.text
    raise PatternError("the name of a property belongs here", token.position)


def _index(cursor: Cursor) -> int:
    token = cursor.take()
    if token.kind == "number" and token.text.isdecimal() and len(token.text) < 10:
        return int(token.text)
    raise PatternError("a position in a list is a number from 0, or * for any", token.position)


def _number(token: Token) -> int | float:
    text = token.text
    number = int(text) if text.lstrip("+-").isdecimal() and len(text) <= 20 else float(text)
    if number - number != 0:
        raise PatternError("a number is larger than can be written", token.position)
    return number


def _typed(token: Token) -> Any:
    kind, text = token.text[0], unquoted(token.text[1:])
    if kind == "t":
        found = moment(text)
        if found is None:
            raise PatternError("a time is written t'2026-01-31T12:00:00Z'", token.position)
        return found
    try:
        value = bytes.fromhex(text) if kind == "h" else b64decode(text, validate=True)
    except ValueError:
        spelled = "hexadecimal digits, two a byte" if kind == "h" else "base64"
        raise PatternError(f"{kind}'…' holds {spelled}", token.position) from None
    return Binary(value, kind == "h")
