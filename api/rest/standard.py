"""The standard that CACAO documents are held against: the schemas of OASIS, read once.

They stand in ``schemas/cacao/oasis``, as published there, with their licence.
"""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from engine.cacao.validation import Validation


@cache
def standard() -> "Validation":
    """Return what judges documents. The first call takes some tenths of a second."""
    # Not above: most processes never judge a document, and all of them would wait.
    from engine.cacao.validation import Validation

    published = {}
    for file in _files(resources.files("schemas").joinpath("cacao", "oasis")):
        schema = orjson.loads(file.read_bytes())
        published[schema["$id"]] = schema
    return Validation(published)


def _files(folder: "Traversable") -> "Iterator[Traversable]":
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each)
        elif each.name.endswith(".json"):
            yield each
