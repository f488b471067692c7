"""Documents held against the standard, on three levels.

``official``: the JSON schemas as OASIS publishes them. They say draft-07, which ignores their
``unevaluatedProperties``, and never look at what single commands say; so they find little.
``strict``: the same schemas as they are meant, by draft 2019-09. The keyword is dropped where a
schema is the base of others, which would refuse what those add (and with it the examples of
OASIS), and commands are held against the schema of their type. Vocabularies are open, though, and
others use them: strict is the gate for our own exports, not for what comes in.
``semantic``: the rules that a schema cannot say (``engine/cacao/semantics.py``).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from jsonschema import Draft7Validator, Draft201909Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7, DRAFT201909

from engine.cacao import semantics
from schemas.messages import JsonObject
from schemas.problems import below

Level = Literal["official", "strict", "semantic"]
LEVELS: Final[tuple[Level, ...]] = ("official", "strict", "semantic")

PARTS_MAX: Final = 10_000
"""Objects and lists of a document that is judged: each takes a millisecond. The largest playbook
makes some 2,000 of them."""

_DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
_CLOSED = "unevaluatedProperties"
_MESSAGE_MAX = 300
_PER_LEVEL_MAX = 100
"""Problems of one level: whoever has so many reads no further."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a document by one level. pointer: where, "" is the whole of it."""

    level: Level
    pointer: str
    message: str


class Validation:
    """The standard, ready to be held against. Built once: it takes some tenths of a second."""

    def __init__(self, published: Mapping[str, JsonObject]) -> None:
        """published: the schemas of OASIS, by their ``$id``."""
        self._published = published

    def findings(self, document: JsonObject) -> list[Finding]:
        """Return everything that is wrong with a document, level by level."""
        if not _is_small(document):
            message = f"has more than {PARTS_MAX} objects and lists: it is not judged"
            return [Finding(level, "", message) for level in LEVELS]
        return [
            *_findings("official", self._official, document),
            *_findings("strict", self._strict, document),
            *(
                Finding("semantic", problem.pointer, problem.message)
                for problem in semantics.problems(document)[:_PER_LEVEL_MAX]
            ),
        ]

    @cached_property
    def _official(self) -> Draft7Validator:
        resources = [(i, DRAFT7.create_resource(schema)) for i, schema in self._published.items()]
        return Draft7Validator({"$ref": self._root}, registry=Registry().with_resources(resources))

    @cached_property
    def _strict(self) -> Draft201909Validator:
        resources: list[tuple[str, Resource[Any]]] = [
            (i, DRAFT201909.create_resource(schema))
            for i, schema in _read_strictly(self._published).items()
        ]
        return Draft201909Validator(
            {"$ref": self._root}, registry=Registry().with_resources(resources)
        )

    @property
    def _root(self) -> str:
        return next(i for i in self._published if i.endswith("/schemas/playbook.json"))


def _is_small(document: JsonObject) -> bool:
    left = PARTS_MAX
    pending: list[Any] = [document]
    while pending and left >= 0:
        part = pending.pop()
        left -= 1
        values = part.values() if isinstance(part, dict) else part
        pending += [each for each in values if isinstance(each, dict | list)]
    return left >= 0


def _findings(
    level: Level, validator: Draft7Validator | Draft201909Validator, document: JsonObject
) -> Iterator[Finding]:
    for number, error in enumerate(validator.iter_errors(document)):
        if number == _PER_LEVEL_MAX:
            return
        # Of several alternatives, the one that came nearest says most.
        nearest = best_match(iter([error])) if error.context else error
        told = nearest or error
        yield Finding(level, below("", *told.absolute_path), _message(told))


def _message(error: ValidationError) -> str:
    message = error.message
    return message if len(message) <= _MESSAGE_MAX else f"{message[:_MESSAGE_MAX]}…"


def _read_strictly(published: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    schemas = {i: deepcopy(dict(schema)) for i, schema in published.items()}
    bases = {
        reference.rpartition("/")[2]
        for schema in schemas.values()
        for part in schema.get("allOf", [])
        if (reference := part.get("$ref")) is not None
    }
    commands = {}
    for name, schema in schemas.items():
        schema["$schema"] = _DRAFT_2019
        file = name.rpartition("/")[2]
        if file in bases:
            schema.pop(_CLOSED, None)
        elif "/commands/" in name:
            commands[file.removesuffix(".json")] = name
    [action] = [schema for i, schema in schemas.items() if i.endswith("/workflows/action.json")]
    for part in action["allOf"]:
        if "commands" in part.get("properties", {}):
            part["properties"]["commands"]["items"] = {"allOf": list(_dispatched(commands))}
    return schemas


def _dispatched(commands: Mapping[str, str]) -> Iterator[JsonObject]:
    """Yield, for each type of command, that one of this type is held against its schema."""
    yield {"type": "object", "required": ["type"]}
    for name, schema in commands.items():
        is_type = {"properties": {"type": {"const": name}}, "required": ["type"]}
        yield {"if": is_type, "then": {"$ref": schema}}
