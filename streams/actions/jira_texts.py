"""Plain text as Jira takes it, so that nothing in it is followed as markup.

Called by the ``jira`` connector only. The text is a finding's: it may try to mention people,
to load a picture from somewhere, or to hide behind a link.
"""

import re
from typing import Any

SUMMARY_LENGTH_MAX = 255
DESCRIPTION_LENGTH_MAX = 32_000
"""Jira takes 32,767 characters, of the text with its markup."""

LABEL_LENGTH_MAX = 255

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_MARKUP = str.maketrans({
    **{character: f"\\{character}" for character in "{}[]!"},
    # A doubled backslash is a line break to Jira, so it cannot be escaped with itself.
    "\\": "&#92;",
})  # fmt: skip
"""Macros, links, mentions and pictures. Emphasis and lists do no harm."""


def summary(text: str) -> str:
    """Return ``text`` in one line, cut where Jira would refuse it."""
    return _cut(" ".join(_CONTROL.sub(" ", text).split()), SUMMARY_LENGTH_MAX)


def label(text: str) -> str:
    """Return ``text`` without blanks, which a label may not have."""
    return "-".join(_CONTROL.sub(" ", text).split())[:LABEL_LENGTH_MAX]


def document(text: str) -> dict[str, Any]:
    """Return ``text`` in Atlassian Document Format (API v3): paragraphs of plain text nodes."""
    lines = _cut(_lines(text), DESCRIPTION_LENGTH_MAX).strip("\n")
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": _inline(each)} for each in _BLANK_LINES.split(lines)
        ],
    }


def markup(text: str) -> str:
    """Return ``text`` as wiki markup (API v2) that does nothing."""
    text = _lines(text)
    escaped = text.translate(_MARKUP)
    while len(escaped) > DESCRIPTION_LENGTH_MAX:
        text = _cut(text, len(text) * DESCRIPTION_LENGTH_MAX // len(escaped))
        escaped = text.translate(_MARKUP)
    return escaped


def _lines(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _inline(paragraph: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for index, line in enumerate(paragraph.split("\n")):
        if index:
            nodes.append({"type": "hardBreak"})
        if line:  # an empty text node is refused
            nodes.append({"type": "text", "text": line})
    return nodes


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
