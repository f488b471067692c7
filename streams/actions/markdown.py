"""Plain text as Markdown that does nothing: no link, picture, mention or hidden part.

Called by connectors whose remote side shows Markdown. The text is a finding's: ``![](https://…)``
would tell somebody who reads it and when, ``@everyone`` would call them all.
"""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_SPECIAL = re.compile(r"([\\`\[\]!|~])")
_CALLS = re.compile(r"([@#])(?=\w)")

_BREAK = "\u200b"
"""A blank of no width: behind it no name or number is recognised."""


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` as it is."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS.sub(rf"\1{_BREAK}", _SPECIAL.sub(r"\\\1", text))


def line(text: str, length_max: int) -> str:
    """Return ``text`` in one line of at most so many characters, for a title."""
    joined = " ".join(_CONTROL.sub(" ", text).split())
    return joined if len(joined) <= length_max else f"{joined[: length_max - 1]}…"
