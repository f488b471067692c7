"""The extension of our exports: put into a document, and read out of one.

It carries the whole playbook, and digests by which an edit made elsewhere shows: then what the
document itself says counts (``engine/cacao/restoring.py``).
"""

from hashlib import sha256
from typing import Any, Final

import rfc8785
from pydantic import BaseModel, ValidationError

from engine.cacao.exporting.conditions import Style
from engine.cacao.exporting.layout import Layout
from engine.cacao.exporting.secrets import Named
from engine.cacao.identifiers import EXTENSION, IDENTITY
from engine.playbook_schema import playbook_schema
from schemas.extensions import VERSION, PlaybookExtension, StepExtension
from schemas.messages import JsonObject
from schemas.playbooks import Playbook

SCHEMA_PATH: Final = f"/api/cacao/extension-{VERSION}.json"
"""Where the API serves the JSON schema."""

_MODELS: Final[tuple[type[BaseModel], ...]] = (PlaybookExtension, StepExtension)

EDITABLE: Final = frozenset({"created", "modified", "signatures"})
"""What a document may say otherwise without being another one."""

_DEFINITION: Final[JsonObject] = {
    "type": "extension-definition",
    "name": "Playbook Streams",
    "description": "The whole playbook: trigger, parameters, retries, undo and whatever else "
    "CACAO has no words for, with digests that show edits made elsewhere.",
    "created_by": IDENTITY,
    # A text, not a URL: where the document came from may not be reachable from where it is read.
    "schema": "playbook_extensions: {playbook: the playbook in the format of Playbook Streams; "
    "digest: SHA-256 of the RFC 8785 form of this document without created, modified, signatures, "
    "playbook_processing_summary and this extension; condition_style; secrets}. "
    "step_extensions: {step_id: id of the step in that playbook; digest: SHA-256 of the RFC 8785 "
    "form of the step without step_extensions; copy_of: key of the step that this one repeats}. "
    f"JSON schema: GET {SCHEMA_PATH} of the API.",
    "version": VERSION,
}


def extended(
    document: JsonObject, definition: Playbook, layout: Layout, taken: list[Named], style: Style
) -> JsonObject:
    """Return a document with the extension in it."""
    defined = document | {"extension_definitions": {EXTENSION: _DEFINITION}}
    whole = PlaybookExtension.model_validate(
        {
            "playbook": content(definition),
            "digest": digest(bare(defined)),
            "condition_style": style,
            "secrets": [named._asdict() for named in taken],
        }
    )
    steps = dict(document["workflow"])
    for place in layout.places:
        own = StepExtension(
            step_id=place.node.step.id, digest=digest(steps[place.key]), copy_of=place.copy_of
        )
        steps[place.key] = steps[place.key] | {"step_extensions": {EXTENSION: own.model_dump()}}
    said = whole.model_dump(mode="json", exclude_defaults=True)
    said["playbook"] = content(definition)
    return defined | {"workflow": steps, "playbook_extensions": {EXTENSION: said}}


def content(definition: Playbook) -> JsonObject:
    """Return a definition as its author would write it. Being switched on is no part of it."""
    return definition.model_dump(mode="json", exclude={"enabled"}, exclude_defaults=True)


def extension(document: JsonObject) -> PlaybookExtension | None:
    """Return the extension of a document, None when it has none that can be read."""
    try:
        return PlaybookExtension.model_validate(_under(document, "playbook_extensions"))
    except ValidationError:
        return None


def step_extension(step: Any) -> StepExtension | None:
    """Return the extension of a step of a document, None when it has none that can be read."""
    try:
        return StepExtension.model_validate(_under(step, "step_extensions"))
    except ValidationError:
        return None


def bare(document: JsonObject) -> JsonObject:
    """Return a document without the extension, and without what is ``EDITABLE``.

    The summary is derived, so it says nothing by itself.
    """
    dropped = EDITABLE | {"playbook_processing_summary"}
    said = {name: value for name, value in document.items() if name not in dropped}
    said = _without(said, "playbook_extensions")
    workflow = said.get("workflow")
    if isinstance(workflow, dict):
        said["workflow"] = {
            key: _without(step, "step_extensions") if isinstance(step, dict) else step
            for key, step in workflow.items()
        }
    return said


def digest(value: Any) -> str:
    """Return the digest of a JSON value. ValueError: it has no canonical form (a huge number)."""
    return sha256(rfc8785.dumps(value)).hexdigest()


def json_schema() -> JsonObject:
    """Return the JSON Schema of the extension, as ``schemas/cacao`` ships it."""
    playbook = playbook_schema()
    dialect, definitions = playbook.pop("$schema"), playbook.pop("$defs")
    models = {model.__name__: model.model_json_schema() for model in _MODELS}
    for schema in models.values():
        definitions |= {
            name: each
            for name, each in schema.pop("$defs", {}).items()
            if name not in definitions and name != Playbook.__name__
        }
    return {
        "$schema": dialect,
        "title": f"{EXTENSION} {VERSION}",
        "description": "PlaybookExtension under playbook_extensions, StepExtension under "
        "step_extensions",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in models],
        "$defs": {**definitions, Playbook.__name__: playbook, **models},
    }


def _under(owner: Any, name: str) -> Any:
    extensions = owner.get(name) if isinstance(owner, dict) else None
    return extensions.get(EXTENSION) if isinstance(extensions, dict) else None


def _without(owner: JsonObject, name: str) -> JsonObject:
    extensions = owner.get(name)
    if not isinstance(extensions, dict) or EXTENSION not in extensions:
        return owner
    others = {key: value for key, value in extensions.items() if key != EXTENSION}
    rest = {key: value for key, value in owner.items() if key != name}
    return rest | {name: others} if others else rest
