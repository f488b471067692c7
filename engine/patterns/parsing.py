"""From the text of a pattern to its tree, by recursive descent.

    either = all (OR all)*
    all    = one (AND one)*
    one    = NOT one | EXISTS path | "(" either ")" | "[" either "]" | path [NOT] [comparison]

NOT before a comparison and paths without a comparison are not STIX, but CACAO playbooks have
them; so do they leave out the brackets.
"""

from collections.abc import Callable
from typing import Any, Final

from engine.patterns import comparing
from engine.patterns.comparing import Binary, Test
from engine.patterns.errors import PatternError
from engine.patterns.operands import Cursor, is_path, literal, literals, path
from engine.patterns.tree import All, Comparison, Either, Not, Part, Path, Presence, Relation, Truth

NESTING_MAX: Final = 32

_SIGNS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!="} | {o: o for o in comparing.ORDERS}
_TEXTUAL: Final[dict[str, Callable[[str], Test]]] = {
    "LIKE": comparing.like,
    "MATCHES": comparing.matching,
    "ISSUBSET": comparing.inside,
    "ISSUPERSET": comparing.around,
}
_SERIES: Final = ("FOLLOWEDBY", "WITHIN", "REPEATS", "START", "STOP")


class Parser:
    """Reads one pattern. ``paths``: every path in it, each once, in the order of the text."""

    def __init__(self, text: str) -> None:
        self._cursor = Cursor(text)
        self._depth = 0
        self._observed = False
        self._paths: dict[Path, None] = {}

    def whole(self) -> Part:
        """Return the tree of the whole pattern. Raises PatternError."""
        if self._cursor.token.kind == "end":
            raise PatternError("a pattern says what to decide by; it is empty", 1)
        part = self._either()
        if self._cursor.token.kind != "end":
            raise self._unexpected()
        return part

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return every path that was read."""
        return tuple(self._paths)

    def _either(self) -> Part:
        parts = [self._all()]
        while self._cursor.word("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Part:
        parts = [self._one()]
        while self._cursor.word("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Part:
        cursor = self._cursor
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise PatternError(f"a pattern nests at most {NESTING_MAX} deep", cursor.token.position)
        if cursor.word("NOT"):
            part: Part = Not(self._one())
        elif cursor.word("EXISTS"):
            part = Presence(self._path())
        elif cursor.sign("("):
            part = self._either()
            self._close(")")
        elif cursor.token.text == "[":
            part = self._observation()
        else:
            part = self._comparison()
        self._depth -= 1
        return part

    def _observation(self) -> Part:
        if self._observed:
            message = "brackets do not nest; write parentheses inside of them"
            raise PatternError(message, self._cursor.token.position)
        self._cursor.take()
        self._observed = True
        part = self._either()
        self._close("]")
        self._observed = False
        return part

    def _comparison(self) -> Part:
        cursor = self._cursor
        where = self._path()
        negated = bool(cursor.word("NOT"))
        if sign := cursor.sign(*_SIGNS):
            operator = _SIGNS[sign]
            negated ^= operator == "!="
            part = self._signed(where, "=" if operator == "!=" else operator)
        elif cursor.word("IN"):
            values = literals(cursor)
            part = Comparison(where, "IN", values, _among(values))
        elif word := cursor.word(*_TEXTUAL):
            part = self._textual(where, word)
        elif negated or not self._ends():
            raise self._unexpected()
        else:
            part = Truth(where)
        return Not(part) if negated else part

    def _signed(self, where: Path, operator: str) -> Part:
        cursor, position = self._cursor, self._cursor.token.position
        if is_path(cursor):
            return Relation(where, operator, self._path())
        operand = literal(cursor)
        if operator == "=":
            return Comparison(where, operator, operand, _among((operand,)))
        if isinstance(operand, (bool, Binary)):
            raise PatternError(f"{operator} takes a number, a text or a time", position)
        return Comparison(
            where, operator, operand, lambda value: comparing.ordered(operator, value, operand)
        )

    def _textual(self, where: Path, word: str) -> Part:
        token = self._cursor.token
        operand = literal(self._cursor)
        if not isinstance(operand, str):
            raise PatternError(f"{word} takes a text in quotes", token.position)
        try:
            return Comparison(where, word, operand, _TEXTUAL[word](operand))
        except ValueError as error:
            message = f"what {word} takes {error}" if word in ("LIKE", "MATCHES") else str(error)
            raise PatternError(message, token.position) from None

    def _path(self) -> Path:
        found = path(self._cursor)
        self._paths[found] = None
        return found

    def _ends(self) -> bool:
        token = self._cursor.token
        word = token.text.upper() if token.kind == "name" else token.text
        return token.kind == "end" or word in ("AND", "OR", ")", "]", *_SERIES)

    def _close(self, sign: str) -> None:
        if self._cursor.token.kind != "end" and self._cursor.token.text != sign:
            raise self._unexpected()
        self._cursor.expect(sign, "at the end of what was opened")

    def _unexpected(self) -> PatternError:
        token = self._cursor.token
        if token.text.upper() in _SERIES:
            message = f"{token.text} needs a series of observations; a condition sees one moment"
            return PatternError(f"{message}: use AND, or a step of its own", token.position)
        found = token.text or "the end of the pattern"
        return PatternError(
            f"unexpected {found}; compare with = != < <= > >= IN LIKE MATCHES ISSUBSET ISSUPERSET, "
            "join with AND, OR, NOT",
            token.position,
        )


def _among(operands: tuple[Any, ...]) -> Test:
    return lambda value: any(comparing.equal(value, operand) for operand in operands)
