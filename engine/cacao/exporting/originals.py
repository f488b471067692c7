"""Playbooks that were imported from documents of others: their export is the document itself."""

from datetime import datetime

from engine.cacao.exporting.times import timestamp
from engine.cacao.importing import imported
from schemas.messages import JsonObject
from schemas.playbooks import CacaoSource, Playbook

_SAID = (("name", "name"), ("description", "description"), ("tags", "labels"))
"""What can be edited beside the document: its name here → its name there."""


def original(definition: Playbook, source: CacaoSource, modified: datetime) -> JsonObject:
    """Return the document that a playbook came from, with what was edited since.

    Unedited, it is the same document. Edited, its signatures are gone: they would be void.
    """
    document = dict(source.document)
    found = imported(document).definition or {}
    edits: JsonObject = {}
    for ours, theirs in _SAID:
        said = getattr(definition, ours)
        if said != found.get(ours, [] if ours == "tags" else ""):
            edits[theirs] = said
    if not edits:
        return document
    edited = document | edits | {"modified": timestamp(modified)}
    return {
        name: value
        for name, value in edited.items()
        if name != "signatures" and not (name in edits and not value)
    }
