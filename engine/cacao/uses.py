"""Where a text uses a variable: ``__name__:value`` (10.18.2), and ``$$name$$`` of CACAO 1.

Read in time that grows with the text alone: a search for a name at each underscore would let a
document of a megabyte of them hold up the process for half a minute.
"""

import re
from collections.abc import Callable
from typing import Final

NAME_MAX: Final = 254
"""Characters of a name, with its underscores."""

# A run of word characters is looked at once, from where it begins; the name is found within it.
_USE: Final = re.compile(
    r"(?<![\w-])(?P<run>[\w-]+__):value(?!\w)"
    r"|\$\$(?P<old>[A-Za-z_][\w-]{0,250}+)\$\$(?:[:.]value\b)?",
    re.ASCII,
)
_START: Final = re.compile(r"__[A-Za-z_]", re.ASCII)


def replaced(text: str, value: Callable[[str], str], *, old: bool = False) -> str:
    """Return a text with what ``value`` gives for a name in place of each use of it.

    What a value says is never read again. old: ``$$name$$`` is a use of ``__name__``, too.
    """

    def within(found: re.Match[str]) -> str:
        if found["run"] is None:
            return value(_whole(found["old"])) if old else found[0]
        run = found["run"]
        start = _START.search(run, 0, len(run) - 2)
        if start is None or len(run) - start.start() > NAME_MAX:
            return found[0]
        return run[: start.start()] + value(run[start.start() :])

    return _USE.sub(within, text)


def names(text: str, *, old: bool = False) -> list[str]:
    """Return the names of the variables that a text uses, each once."""
    found: dict[str, None] = {}

    def noted(name: str) -> str:
        found[name] = None
        return ""

    replaced(text, noted, old=old)
    return list(found)


def _whole(name: str) -> str:
    is_whole = len(name) > 4 and name.startswith("__") and name.endswith("__")
    return name if is_whole else f"__{name}__"
