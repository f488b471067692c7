"""From the text of a pattern to its tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.patterns.errors import PatternError

LENGTH_MAX: Final = 4_096
"""Characters of one pattern."""

# Nothing is tried twice: what is not closed fails where it begins.
_TOKEN = re.compile(
    r"(?P<blank>\s++)"
    r"|(?P<literal>[thb]'(?>(?:\\.|[^'\\])*)')"
    r"|(?P<text>'(?>(?:\\.|[^'\\])*)'|\"(?>(?:\\.|[^\"\\])*)\")"
    r"|(?P<number>[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?(?![\w$]))"
    r"|(?P<name>\$\$[A-Za-z_][\w-]*+\$\$|[A-Za-z_][\w-]*+)"
    r"|(?P<sign>==|!=|<>|<=|>=|[=<>()\[\].:,*])",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word. kind: literal (t'', h'', b''), text, number, name, sign or end.

    position: of its first character, counted from 1.
    """

    kind: str
    text: str
    position: int


def tokens(pattern: str) -> Iterator[Token]:
    """Yield the tokens of ``pattern``, the last one of kind "end". Raises PatternError."""
    if len(pattern) > LENGTH_MAX:
        raise PatternError(f"a pattern has at most {LENGTH_MAX} characters", LENGTH_MAX + 1)
    position = 0
    while position < len(pattern):
        found = _TOKEN.match(pattern, position)
        if found is None or found.lastgroup is None:
            raise _unreadable(pattern[position], position + 1)
        if found.lastgroup != "blank":
            yield Token(found.lastgroup, found[0], position + 1)
        position = found.end()
    yield Token("end", "", len(pattern) + 1)


def unquoted(literal: str) -> str:
    r"""Return what stands between quotes. Only ``\'``, ``\"`` and ``\\`` are more than they show.

    Any other backslash stays, as those who write regular expressions expect.
    """
    return re.sub(r"\\(['\"\\])", r"\1", literal[1:-1])


def _unreadable(character: str, position: int) -> PatternError:
    if character in "'\"":
        return PatternError(f"a text is not closed; write {character} after it", position)
    if character == "{":
        return PatternError("a pattern has no marks {{ }}; write __name__:value", position)
    return PatternError(f"{character!r} means nothing in a pattern", position)
