"""From one of our exports back to the playbook: whole, or with what was edited elsewhere.

The document counts, not the extension: what comes out says, exported again, what the document
says. So no extension can carry another playbook than the one that a reader of the document
sees; an edit that has no place in a playbook makes it a document of others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from engine import playbooks
from engine.cacao import edits, extension
from engine.cacao.exporting.document import exported
from engine.cacao.exporting.layout import Inexpressible
from engine.cacao.losses import CacaoWarning
from engine.cacao.parts import named
from schemas.extensions import PlaybookExtension
from schemas.messages import JsonObject
from schemas.playbooks import Playbook
from schemas.problems import below


@dataclass(frozen=True)
class Restored:
    """What became of an export.

    definition: the playbook as an author would write it, with its id. created, modified: of the
    document; to be told again when it is exported again.
    """

    definition: JsonObject
    created: datetime
    modified: datetime
    warnings: list[CacaoWarning] = field(default_factory=list)


def is_ours(document: JsonObject) -> bool:
    """Tell whether a document has the extension of our exports, in whatever state."""
    return extension.extension(document) is not None


def restored(document: JsonObject) -> Restored | None:
    """Return the playbook of one of our exports; None: it is none, or no longer one."""
    whole = extension.extension(document)
    created, modified = _time(document.get("created")), _time(document.get("modified"))
    if whole is None or created is None or modified is None:
        return None
    said = extension.content(whole.playbook)
    exporting = _Exporting(document, whole, created, modified)
    expected = exporting.export(said)
    if expected is None:
        return None
    warnings = list(_warnings(document, whole))
    if not _same(expected, document):
        try:
            said = edits.edited(said, expected, document)
            changed = edits.changes(expected, document)
        except edits.Unclear:
            return None
        again = exporting.export(said)
        if again is None or not _same(again, _without_unused(document, again)):
            return None
        warnings += _edits(document, expected, changed)
        said = extension.content(Playbook.model_validate(said))
    return Restored(said, created, modified, warnings)


@dataclass(frozen=True)
class _Exporting:
    document: JsonObject
    whole: PlaybookExtension
    created: datetime
    modified: datetime

    def export(self, said: JsonObject) -> JsonObject | None:
        """Return the export of a playbook, None if it is none or cannot be one."""
        if playbooks.problems(said):
            return None
        try:
            return exported(
                Playbook.model_validate(said),
                created=self.created,
                modified=self.modified,
                style=self.whole.condition_style,
            )
        except Inexpressible:
            return None


def _same(one: JsonObject, other: JsonObject) -> bool:
    try:
        return extension.digest(extension.bare(one)) == extension.digest(extension.bare(other))
    except ValueError:
        return False


def _without_unused(document: JsonObject, wanted: JsonObject) -> JsonObject:
    """Return a document without variables that an edit left behind: declared, no longer used."""
    declared = document.get("playbook_variables")
    if not isinstance(declared, dict):
        return document
    rest = {name: each for name, each in document.items() if name != "playbook_variables"}
    text = orjson.dumps(extension.bare(rest)).decode()
    needed = named(wanted, "playbook_variables")
    kept = {name: variable for name, variable in declared.items() if name in needed or name in text}
    return rest | {"playbook_variables": kept} if kept else rest


def _warnings(document: JsonObject, whole: PlaybookExtension) -> Iterator[CacaoWarning]:
    for secret in whole.secrets:
        message = f"{secret.pointer} held a secret that was not exported: set {secret.name}"
        yield CacaoWarning("/playbook_extensions", message, "secret_moved")
    if document.get("signatures"):
        message = "are not kept: what was signed is exported anew from the playbook"
        yield CacaoWarning("/signatures", message, "signature")


def _edits(
    document: JsonObject, expected: JsonObject, changed: list[str]
) -> Iterator[CacaoWarning]:
    message = "was edited after it was exported: what it says here counts"
    for name in ("name", "description", "labels"):
        if document.get(name) != expected.get(name):
            yield CacaoWarning(f"/{name}", message, "edited")
    for key in changed:
        yield CacaoWarning(below("/workflow", key), message, "edited")


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)
