"""The playbook format as JSON Schema 2020-12: for editors, and for checks in other languages.

Made from the models, so it says what they say; ``schemas/playbook.schema.json`` is what it
makes. It judges the shape alone: that links lead somewhere, that templates can be read and
all else is what ``engine.playbooks.problems`` knows.
"""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from engine.operators import OPERATORS
from schemas.messages import JsonObject
from schemas.playbooks import Playbook

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TITLE: Final = "Playbook"
_ABOUT: Final = "What is to happen when a finding comes (or a schedule, or a person, asks for it)"

_NUMERAL: Final = r"^\s*[-+]?[0-9]+(\.[0-9]*)?\s*$"

_CONDITIONS: Final = {"$ref": "#/$defs/Conditions"}
_FIELD: Final = {"$ref": "#/$defs/Field"}
_TEXT: Final = {"type": "string", "minLength": 1}
_ORDERED: Final = {"type": ["number", "string"]}
_SEVERAL: Final = {"type": "array", "minItems": 1}
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"]}

_OPERANDS: Final[dict[str, Any]] = {
    "$in": _SEVERAL,
    "$nin": _SEVERAL,
    "$gt": _ORDERED,
    "$gte": _ORDERED,
    "$lt": _ORDERED,
    "$lte": _ORDERED,
    "$exists": {"type": "boolean"},
    "$contains": _SCALAR,
    "$startswith": _TEXT,
    "$endswith": _TEXT,
    "$regex": _TEXT,
    "$cidr": {"anyOf": [_TEXT, {**_SEVERAL, "items": _TEXT}]},
}
"""What an operator takes; of those that are left out, anything."""


def playbook_schema() -> JsonObject:
    """Return the schema of a playbook as an author writes it."""
    schema = Playbook.model_json_schema(schema_generator=_Generator)
    definitions = {**schema.pop("$defs"), "Conditions": _conditions(), "Field": _field()}
    trigger = definitions["Trigger"]["properties"]
    trigger["conditions"] = _CONDITIONS
    # An author may leave the id to the name.
    schema["required"] = [name for name in schema["required"] if name != "id"]
    schema |= {"title": _TITLE, "description": _ABOUT}
    return {"$schema": DIALECT, **schema, "$defs": dict(sorted(definitions.items()))}


class _Generator(GenerateJsonSchema):
    """As pydantic writes it, with fewer words, and with steps that are told by their type."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Tell that no field has a title: it would repeat the name."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return a model with its docstring as an editor shows it."""
        told = super().model_schema(schema)
        if "description" in told:
            told["description"] = told["description"].replace("``", "`")
        return told

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """Return a number; where a text may stand for one, that text too."""
        told = super().float_schema(schema)
        if schema.get("strict") is not False:
            return told
        return {"anyOf": [told, {"type": "string", "pattern": _NUMERAL}]}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Return one ``if`` for each tag: ``oneOf`` would blame a step for every other type."""
        tag = str(schema["discriminator"])
        choices = {name: self.generate_inner(each) for name, each in schema["choices"].items()}
        return {
            "type": "object",
            "required": [tag],
            "properties": {tag: {"enum": list(choices)}},
            "allOf": [
                {
                    "if": {"properties": {tag: {"const": name}}, "required": [tag]},
                    "then": choice,
                }
                for name, choice in choices.items()
            ],
        }


def _conditions() -> JsonObject:
    return {
        "title": "Conditions",
        "description": "Field → value or operators. What stands side by side must all hold.",
        "type": "object",
        "properties": {
            "$and": {**_SEVERAL, "items": _CONDITIONS},
            "$or": {**_SEVERAL, "items": _CONDITIONS},
            "$not": _CONDITIONS,
        },
        "patternProperties": {"^[^$]": _FIELD},
        "additionalProperties": False,
    }


def _field() -> JsonObject:
    """Return the schema of what a field is held against: a value, or operators."""
    groups = {
        "$and": {**_SEVERAL, "items": _FIELD},
        "$or": {**_SEVERAL, "items": _FIELD},
        "$not": _FIELD,
    }
    operators = {name: _OPERANDS.get(name, True) for name in OPERATORS}
    return {
        "title": "Field",
        "description": "A value that the field must have (of a list: one of its elements), "
        "or operators that must all hold.",
        "if": {"type": "object", "minProperties": 1},
        "then": {
            "properties": operators | groups,
            "patternProperties": {"^[^$]": True},
            "additionalProperties": False,
        },
    }
