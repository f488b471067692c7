"""References to secrets, turned into values at the moment of a call.

Two kinds. ``secret:NAME`` is written by the operator, in the actions file, and nowhere else
means anything: the same text from a finding stays text. ``{{ secrets.NAME }}`` is written by
the author of a playbook; where one belongs the request itself says, in parts, so that here
too nothing in a text can become a reference.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from schemas.messages import SecretParts
from schemas.problems import below
from streams.secrets import NAME, secret
from streams.vault import AskedOnce, Vault

PREFIX = "secret:"

_REFERENCE = re.compile(f"{PREFIX}({NAME.pattern})", re.ASCII)

Read = Callable[[str], str]
"""Gives the value of a secret by its name."""


class Secrets:
    """The secrets of one call: each is read once, and remembered so that it can be redacted."""

    def __init__(self, directory: Path | None, vault: Vault | None = None) -> None:
        self.values: dict[str, str] = {}
        self._directory = directory
        self._vault = None if vault is None else AskedOnce(vault)

    def read(self, name: str) -> str:
        """Return the value of ``name``. Raises SecretError."""
        name = name.upper()
        if name not in self.values:
            self.values[name] = secret(name, self._directory, self._vault)
        return self.values[name]

    def remember(self, name: str, value: str) -> None:
        """Have a secret redacted that was not read but said, in plain, by the operator."""
        if value not in self.values.values():
            self.values[name] = value


def referenced(value: Any) -> str | None:
    """Return the name of the secret that ``value`` refers to, None if it refers to none."""
    if not isinstance(value, str):
        return None
    found = _REFERENCE.fullmatch(value)
    return found[1].upper() if found else None


def misspelled(value: Any) -> bool:
    """Tell whether ``value`` means to be a reference but names no secret."""
    return isinstance(value, str) and value.startswith(PREFIX) and referenced(value) is None


def strings(value: Any, pointer: str = "") -> dict[str, str]:
    """Return every string in ``value`` by the JSON pointer to it."""
    match value:
        case str():
            return {pointer: value}
        case dict():
            parts = [strings(each, below(pointer, key)) for key, each in value.items()]
        case list():
            parts = [strings(each, below(pointer, index)) for index, each in enumerate(value)]
        case _:
            return {}
    return {place: text for part in parts for place, text in part.items()}


def resolved(value: Any, read: Read) -> Any:
    """Return a value of the actions file with its references replaced by what they name."""
    if isinstance(value, dict):
        return {key: resolved(each, read) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each, read) for each in value]
    name = referenced(value)
    return value if name is None else read(name)


def filled(value: Any, parts: Mapping[str, SecretParts], read: Read, pointer: str = "") -> Any:
    """Return the parameters of a request with the secrets in their places.

    parts: JSON pointer → the parts of the string there (``ActionRequest.secrets``).
    """
    if pointer in parts:
        return "".join(
            part if isinstance(part, str) else read(part["secret"]) for part in parts[pointer]
        )
    if isinstance(value, dict):
        return {k: filled(v, parts, read, below(pointer, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, parts, read, below(pointer, i)) for i, v in enumerate(value)]
    return value
