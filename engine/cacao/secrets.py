"""Secrets in documents: moved out before anything is stored, and named instead.

CACAO has a place for it: ``kms`` and ``kms_key_identifier`` of an authentication-info. The
identifier is the name of the secret here (``PLAYBOOKS_SECRET_<NAME>``).
"""

import re
from typing import Any, NamedTuple

from schemas.messages import JsonObject
from schemas.problems import Problem, below

PLACE = "authentication_info_definitions"

PREFIX = "CACAO_"

_SECRET = re.compile(r"pass|secret|token|credential|private|(^|_)key", re.IGNORECASE)
_NOT_SECRET = frozenset({"kms", "kms_key_identifier", "type", "name", "description"})
_NAME = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
_VARIABLE = re.compile(r"__[A-Za-z_][\w-]*__:value|\$\$[\w-]+\$\$", re.ASCII)


class Moved(NamedTuple):
    """A document without secrets, and where each of them was."""

    document: JsonObject
    taken: list[Problem]


def moved(document: JsonObject) -> Moved:
    """Return the document with the names of secrets in place of secrets."""
    definitions = document.get(PLACE)
    if not isinstance(definitions, dict):
        return Moved(document, [])
    taken: list[Problem] = []
    names: set[str] = set()
    clean = {}
    for key, definition in definitions.items():
        found = inline(definition)
        clean[key] = definition
        if found:
            name = _free(key, names)
            names.add(name)
            clean[key] = _named(definition, found, name)
            taken += [
                Problem(
                    below("", PLACE, key, each),
                    f"was taken out and is not stored: set PLAYBOOKS_SECRET_{name} to it",
                )
                for each in found
            ]
    return Moved(document | {PLACE: clean} if taken else document, taken)


def inline(definition: Any) -> list[str]:
    """Return the properties of an authentication-info that hold a secret in clear."""
    if not isinstance(definition, dict):
        return []
    return [
        name
        for name, value in definition.items()
        if name not in _NOT_SECRET and _SECRET.search(name) and _is_said(value)
    ]


def secret_name(definition: JsonObject) -> str | None:
    """Return the name of the secret of an authentication-info, None if it has none.

    A document of strangers must not name the secrets of others: all that it can name begin
    with ``CACAO_``.
    """
    said = definition.get("kms_key_identifier")
    if definition.get("kms") is not True or not isinstance(said, str):
        return None
    name = f"{PREFIX}{said.upper().removeprefix(PREFIX)}"
    return name if _NAME.fullmatch(name) else None


def public(definition: JsonObject) -> JsonObject:
    """Return what of an authentication-info may stand in an event: the name of the secret."""
    return {
        name: value
        for name, value in definition.items()
        if name in _NOT_SECRET or not _SECRET.search(name)
    }


def _is_said(value: Any) -> bool:
    """Tell whether a value is more than the use of a variable."""
    if value is None or value == "" or isinstance(value, bool):
        return False
    return not (isinstance(value, str) and _VARIABLE.fullmatch(value.strip()))


def _named(definition: JsonObject, found: list[str], name: str) -> JsonObject:
    kept = {key: value for key, value in definition.items() if key not in found}
    return kept | {"kms": True, "kms_key_identifier": name}


def _free(key: str, taken: set[str]) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", key).strip("_").upper()
    kind, _, rest = words.partition("_")
    name = f"CACAO_{words}"[:40].strip("_") if rest else f"CACAO_{kind}"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
