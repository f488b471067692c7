"""What the steps of a document are called here: a readable id instead of a type and a UUID."""

import re
import unicodedata

from engine.cacao.documents import Document, StepPart
from schemas.steps import RESERVED_IDS

_PSEUDO = frozenset({"start", "end"})
"""Steps that a run has no step for, unless they have a delay."""


def step_ids(document: Document, keys: list[str]) -> dict[str, str]:
    """Return the id here → the key, of the steps of these keys, in their order."""
    found: dict[str, str] = {}
    for key in keys:
        found[_free(_words(document.workflow[key]), found)] = key
    return found


def is_shown(step: StepPart) -> bool:
    """Tell whether a run has a step for this one."""
    return step.type not in _PSEUDO or bool(step.delay)


def _words(step: StepPart) -> str:
    plain = unicodedata.normalize("NFKD", (step.name or step.type)[:256])
    ascii_name = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:64].strip("-") or "step"


def _free(words: str, taken: dict[str, str]) -> str:
    if words in RESERVED_IDS:
        words = f"{words}-step"
    number, name = 1, words
    while name in taken:
        number += 1
        name = f"{words}-{number}"
    return name
