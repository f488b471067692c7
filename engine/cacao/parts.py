"""The parts of a document that may be anything: looked up so that nothing raises."""

from typing import Any

from schemas.messages import JsonObject

Steps = dict[str, JsonObject]
"""The steps of a workflow by their keys, as far as they are objects."""


def named(owner: JsonObject, name: str) -> dict[str, JsonObject]:
    """Return the objects of a dictionary in ``owner``."""
    found = owner.get(name)
    if not isinstance(found, dict):
        return {}
    return {key: each for key, each in found.items() if isinstance(each, dict)}


def listed(owner: JsonObject, name: str) -> list[JsonObject]:
    """Return the objects of a list in ``owner``."""
    found = owner.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def texts(found: Any) -> list[str]:
    """Return the texts of a list."""
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
