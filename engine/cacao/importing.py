"""From a CACAO document to a playbook, and everything that is to be said about it.

Errors are what keeps the document from being a playbook at all. Everything else, what is lost in
the native view, what cannot be run and why, what the operator must set up, is a warning with
the place it is about: nothing is left out in silence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.cacao import copies, links, naming, obstacles, secrets, variables, views
from engine.cacao.compiling import Compilation
from engine.cacao.documents import Document, UnreadableDocument, read
from engine.cacao.losses import CacaoWarning, losses
from schemas.messages import JsonObject
from schemas.playbooks import SEMANTIC_VERSION, Playbook
from schemas.problems import Problem, below

NAME_MAX, DESCRIPTION_MAX, TAGS_MAX, TAG_MAX = 256, 8_192, 64, 128
"""Characters, and number, of what is taken over into the native form."""

BYTES_MAX = 256 * 1024
"""Of a document, written without blanks (Limits)."""

_FIRST_VERSION = "1.0.0"
_SEMANTIC = re.compile(SEMANTIC_VERSION.removesuffix("$"), re.ASCII)
_UNNAMED = "pb-to-be-named"


@dataclass(frozen=True)
class Imported:
    """What became of a document.

    definition: the playbook as an author would write it, switched off and without an id; None: it
    cannot be one, for the reasons in ``problems``. identity: the id that the document says.
    """

    definition: JsonObject | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[CacaoWarning] = field(default_factory=list)
    identity: str | None = None


def imported(document: Any) -> Imported:
    """Return the playbook that a document of others means. Never raises for what it says."""
    try:
        found = read(document)
    except UnreadableDocument as error:
        return Imported(None, error.problems)
    wrong = [*_too_long(document), *links.problems(found)]
    if wrong:
        return Imported(None, wrong, identity=found.id)
    keys = _keys(found)
    if not keys:
        message = "has no step but start and end: there is nothing to run"
        return Imported(None, [Problem("/workflow", message)], identity=found.id)
    clean, taken = secrets.moved(document)
    definition, cut = _definition(found, clean, naming.step_ids(found, keys))
    too_large = list(_too_large(found, definition))
    if too_large:
        return Imported(None, too_large, identity=found.id)
    warnings = [
        *_warnings(obstacles.problems(found, keys), "non_executable"),
        *_warnings(taken, "secret_moved"),
        *losses(found, document, keys),
        *cut,
    ]
    return Imported(definition, [], warnings, found.id)


def source_problems(definition: JsonObject) -> list[Problem]:
    """Return what is wrong with the ``cacao`` of a definition, which somebody may have edited."""
    source = definition.get("cacao")
    if not isinstance(source, dict):
        return []
    at = "/cacao/document"
    try:
        found = read(source.get("document"))
    except UnreadableDocument as error:
        return [Problem(at + each.pointer, each.message) for each in error.problems]
    wrong = [*_too_long(source["document"]), *links.problems(found)]
    if wrong:
        return [Problem(at + each.pointer, each.message) for each in wrong]
    return [*_clear_secrets(source["document"], at), *_view(definition, source, found)]


def _too_long(raw: JsonObject) -> Iterator[Problem]:
    if (size := len(orjson.dumps(raw))) > BYTES_MAX:
        yield Problem("", f"has {size} bytes, more than {BYTES_MAX}: split it by playbook-actions")


def _keys(document: Document) -> list[str]:
    return [key for key in links.reached(document) if naming.is_shown(document.workflow[key])]


def _warnings(problems: list[Problem], kind: str) -> Iterator[CacaoWarning]:
    return (CacaoWarning(problem.pointer, problem.message, kind) for problem in problems)


def _definition(
    document: Document, raw: JsonObject, step_ids: dict[str, str]
) -> tuple[JsonObject, list[CacaoWarning]]:
    cut: list[CacaoWarning] = []
    definition: JsonObject = {
        "name": _text(raw, "name", NAME_MAX, cut).strip() or document.id[:NAME_MAX] or "Unnamed",
        "version": _version(document),
        "description": _text(raw, "description", DESCRIPTION_MAX, cut),
        "enabled": False,
        "tags": _tags(raw.get("labels"), cut),
        # An import starts nothing by itself, whatever it says.
        "trigger": {"event": "manual"},
        "parameters": views.parameters(document),
        "steps": views.steps(document, step_ids),
        "cacao": {"document": raw, "step_ids": step_ids},
    }
    return {name: value for name, value in definition.items() if value not in ("", [], {})}, cut


def _text(raw: JsonObject, name: str, longest: int, cut: list[CacaoWarning]) -> str:
    said = raw.get(name)
    if not isinstance(said, str):
        return ""
    if len(said) > longest:
        message = f"is shown up to {longest} characters; the document has it whole"
        cut.append(CacaoWarning(f"/{name}", message, "cut"))
    return said[:longest]


def _tags(labels: Any, cut: list[CacaoWarning]) -> list[str]:
    if labels is None:
        return []
    every = labels if isinstance(labels, list) else []
    tags = [label for label in every if isinstance(label, str) and 0 < len(label) <= TAG_MAX]
    if len(tags) < len(every) or len(tags) > TAGS_MAX or not isinstance(labels, list):
        message = f"are tags as far as they are texts of at most {TAG_MAX} characters"
        cut.append(CacaoWarning("/labels", message, "cut"))
    return tags[:TAGS_MAX]


def _version(document: Document) -> str:
    """Return the constant ``__version__`` of the document if it is one, else the first."""
    variable = variables.declared(document.playbook_variables).get("__version__")
    said = variable.value if variable is not None and variable.constant else None
    return said if said is not None and _is_version(said) else _FIRST_VERSION


def _is_version(text: str) -> bool:
    return _SEMANTIC.fullmatch(text) is not None and len(text) <= 64


def _too_large(document: Document, definition: JsonObject) -> Iterator[Problem]:
    """Report a document that needs more steps than a run has, once its branches are apart."""
    playbook = Playbook.model_validate(definition | {"id": _UNNAMED})
    try:
        Compilation(document, definition["cacao"]["step_ids"]).graph(playbook, "")
    except copies.TooLarge as error:
        yield Problem("/workflow", str(error))


def _clear_secrets(raw: JsonObject, at: str) -> Iterator[Problem]:
    for taken in secrets.moved(raw).taken:
        yield Problem(at + taken.pointer, "is a secret in clear: import the document instead")


def _view(definition: JsonObject, source: JsonObject, document: Document) -> Iterator[Problem]:
    """Report a native view that is not what the document says: edited, it would do nothing."""
    step_ids, keys = source.get("step_ids"), _keys(document)
    if not isinstance(step_ids, dict) or sorted(map(str, step_ids.values())) != sorted(keys):
        message = "do not name each step of the document that a run may come to, once"
        yield Problem("/cacao/step_ids", message)
        return
    yield from _too_large(document, definition)
    for name, wanted in (
        ("steps", views.steps(document, step_ids)),
        ("parameters", views.parameters(document)),
    ):
        if _shaped(definition, name) != _shaped(definition | {name: wanted}, name):
            yield Problem(
                below("", name),
                "shows what the document in cacao says and cannot be edited: leave it as it was, "
                "or leave out cacao to go on without the document",
            )


def _shaped(definition: JsonObject, name: str) -> Any:
    playbook = Playbook.model_validate({"id": _UNNAMED, **definition})
    return playbook.model_dump(include={name}, exclude_defaults=True)
