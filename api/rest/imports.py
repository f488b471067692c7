"""Importing a document: which playbook it becomes, and what when that is there already."""

from typing import Literal

import orjson

from api.rest import publications
from api.rest.errors import ApiError, conflict, invalid
from api.rest.parts import Parts
from api.rest.route import KIB
from engine import playbooks
from engine.cacao.losses import CacaoWarning
from engine.imports import Import
from schemas.messages import JsonObject
from schemas.playbooks import Playbook, PlaybookPublished

OnConflict = Literal["rename", "replace"]

STORED_BYTES_MAX = 512 * KIB
"""Of a definition with the document that it came from: it has to fit in a record."""

_BASE_MAX = 120
"""Characters of an id that another one is made of: a number has to find room behind it."""


def existing(parts: Parts, plan: Import) -> PlaybookPublished | None:
    """Return the playbook that an import would be another one of."""
    if plan.definition is not None and "id" in plan.definition:
        return parts.registry.current(plan.definition["id"])
    for each in parts.registry.currents():
        source = each.definition.cacao
        if source is not None and source.document.get("id") == plan.identity:
            return each
    return None


async def carried_out(
    parts: Parts, plan: Import, on_conflict: OnConflict | None, *, by: str
) -> tuple[PlaybookPublished, list[CacaoWarning]]:
    """Publish what a document becomes; return it, and what is to be said about it.

    ApiError: it cannot be a playbook, or the playbook is there already.
    """
    if plan.definition is None:
        raise invalid("document" if plan.format == "cacao_v2" else "playbook", plan.problems)
    _require_small(plan.definition)
    there = existing(parts, plan)
    if there is None:
        published = await publications.create(parts, plan.definition, by=by, authored=plan.authored)
        return published, plan.warnings
    if on_conflict == "replace":
        return await _replaced(parts, plan, plan.definition, there, by=by)
    if on_conflict == "rename":
        unnamed = {name: value for name, value in plan.definition.items() if name != "id"}
        published = await publications.create(
            parts, unnamed, by=by, base=there.playbook_id[:_BASE_MAX]
        )
        message = f"is {published.playbook_id} here: {there.playbook_id} is there already"
        return published, [*plan.warnings, CacaoWarning("", message, "renamed")]
    raise conflict(
        "playbook_exists",
        f"playbook {there.playbook_id} is there already: say on_conflict=rename to have another "
        "one beside it, or on_conflict=replace to have it in its place",
    )


async def _replaced(
    parts: Parts, plan: Import, definition: JsonObject, there: PlaybookPublished, *, by: str
) -> tuple[PlaybookPublished, list[CacaoWarning]]:
    named = {**definition, "id": there.playbook_id}
    wanted = Playbook.model_validate(named)
    warnings = list(plan.warnings)
    taken = {
        each.definition.version: each.revision for each in parts.registry.history(there.playbook_id)
    }
    version = wanted.version
    if taken.get(version) not in (None, playbooks.revision(wanted)):
        # Whoever edits a CACAO document has no way to say another version.
        while version in taken:
            version = playbooks.next_patch(version)
        message = f"version {wanted.version} is there with other content: this is {version}"
        warnings.append(CacaoWarning("", message, "version_raised"))
    published = await publications.replace(
        parts, there, {**named, "version": version}, by=by, authored=plan.authored
    )
    return published, warnings


def _require_small(definition: JsonObject) -> None:
    size = len(orjson.dumps(definition))
    if size > STORED_BYTES_MAX:
        raise ApiError(
            413,
            "body_too_large",
            f"the playbook would take {size} bytes, with the document that it comes from: "
            f"{STORED_BYTES_MAX} is the most",
            bytes_max=STORED_BYTES_MAX,
        )
