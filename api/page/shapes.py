"""Shapes: how the reference says a JSON Schema in words, and the descriptions that stand in it."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson

SCHEMAS: Final = "#/components/schemas/"

_CODE: Final = re.compile(r"``(.+?)``|`(.+?)`", re.DOTALL)
_WORDS: Final = {"object": "object", "array": "list", "null": "null"}
_LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "to {}",
    "exclusiveMinimum": "over {}",
    "exclusiveMaximum": "under {}",
    "pattern": "of the form {}",
}


class Piece(NamedTuple):
    """A part of a sentence. schema: the name of the schema that it leads to; code: as written."""

    text: str
    schema: str = ""
    code: bool = False


class Property(NamedTuple):
    """A property of an object, or a parameter of an operation."""

    name: str
    schema: dict[str, Any]
    required: bool
    description: str


def shape(schema: dict[str, Any]) -> list[Piece]:
    """Return what a value of a schema is, in words."""
    return list(_shape(schema))


def limits(schema: dict[str, Any]) -> str:
    """Return what else a value must be, and what stands for it when it is not said."""
    of = [schema, *(each for each in schema.get("anyOf", ()) if each.get("type") != "null")][:2]
    said = [
        sentence.format(_number(each[name]))
        for each in of
        for name, sentence in _LIMITS.items()
        if name in each
    ]
    if schema.get("default") is not None:
        said.append(f"default {orjson.dumps(schema['default']).decode()}")
    return ", ".join(said)


def properties(schema: dict[str, Any]) -> list[Property]:
    """Return the properties of an object, none for anything else."""
    required = schema.get("required", ())
    return [
        Property(name, said, name in required, said.get("description", ""))
        for name, said in schema.get("properties", {}).items()
    ]


def prose(text: str) -> list[list[Piece]]:
    """Return the paragraphs of a description, each as its pieces."""
    return [_pieces(paragraph) for paragraph in re.split(r"\n\s*\n", text.strip()) if paragraph]


def _pieces(paragraph: str) -> list[Piece]:
    pieces, end = [], 0
    for found in _CODE.finditer(paragraph):
        pieces.append(Piece(paragraph[end : found.start()]))
        pieces.append(Piece(found[1] or found[2], code=True))
        end = found.end()
    return [piece for piece in (*pieces, Piece(paragraph[end:])) if piece.text]


def _shape(schema: dict[str, Any]) -> Iterator[Piece]:
    either = schema.get("anyOf") or schema.get("oneOf")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(SCHEMAS)
        yield Piece(name, schema=name)
    elif "const" in schema:
        yield Piece(orjson.dumps(schema["const"]).decode(), code=True)
    elif "enum" in schema:
        yield from _joined([[Piece(str(value), code=True)] for value in schema["enum"]])
    elif either:
        yield from _joined([shape(each) for each in either])
    elif schema.get("type") == "array" and "items" in schema:
        yield Piece("list of ")
        yield from _shape(schema["items"])
    elif isinstance(schema.get("additionalProperties"), dict):
        yield Piece("object, each value ")
        yield from _shape(schema["additionalProperties"])
    elif "type" in schema:
        yield from _joined([[Piece(word)] for word in _types(schema)])
    else:
        yield Piece("anything")


def _types(schema: dict[str, Any]) -> list[str]:
    if schema.get("format") == "date-time":
        return ["time (RFC 3339)"]
    said = schema["type"]
    return [_WORDS.get(word, word) for word in ([said] if isinstance(said, str) else said)]


def _joined(either: list[list[Piece]]) -> Iterator[Piece]:
    for number, pieces in enumerate(either):
        if number:
            yield Piece(" or " if number == len(either) - 1 else ", ")
        yield from pieces


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
