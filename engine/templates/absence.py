"""Why a name leads nowhere, in words that help to mend it."""

from difflib import get_close_matches
from typing import Any

from engine.contexts import EVENT_ROOTS, RUN_ROOTS, SECRETS
from engine.paths import MISSING

ROOTS = (*EVENT_ROOTS, *RUN_ROOTS)
_COMPARED_MAX = 200
_SHOWN_MAX = 64


def why_missing(words: str, parent: Any, key: Any) -> str:
    """Return what to add to "… is not defined".

    words: the path as it was written; parent: where ``key``, its last part, was looked for,
    ``MISSING`` if the path already fails at its start, which is then ``key``.
    """
    if parent is MISSING and words:
        if key in EVENT_ROOTS:
            return f": this execution has no {key}"
        return _guess("", str(key), [*ROOTS, SECRETS])
    name, before = str(key), words.removesuffix(f".{key}")
    if isinstance(parent, dict) and before != words:
        hint = _guess(before, name, [k for k in parent if isinstance(k, str)])
        if hint:
            return hint
    return '; if it may be missing, add | default("…")'


def _guess(before: str, name: str, known: list[str]) -> str:
    # A hyphen in a bare name reads as a minus: finding.template-id is finding.template less id.
    longer = [each for each in known if each.startswith(f"{name}-")]
    close = longer or get_close_matches(name, known[:_COMPARED_MAX], n=1)
    if not close or len(close[0]) > _SHOWN_MAX:
        return ""
    found = close[0]
    if not before:
        return f"; did you mean {found}"
    spelled = f"{before}.{found}" if found.isidentifier() else f"{before}[{found!r}]"
    return f"; did you mean {spelled}"
