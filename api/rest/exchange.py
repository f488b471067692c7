"""Playbooks out and in: exports as CACAO 2.0 or native, imports of both, and what they would do."""

from asyncio import to_thread
from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web
from pydantic import Field

from api.rest import imports, publications
from api.rest.answers import playbooks as answers
from api.rest.answers.exchange import (
    GraphEdge,
    GraphNode,
    ImportGraph,
    ImportPreview,
    ImportWarning,
    LevelFinding,
    PlaybookImported,
)
from api.rest.answers.playbooks import Fault
from api.rest.bodies import Document
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import conflict, malformed, unknown
from api.rest.imports import OnConflict
from api.rest.queries import Flag, Query
from api.rest.route import JSON, MIB, YAML, Route
from api.rest.standard import standard
from engine import revisions
from engine.cacao import extension
from engine.cacao.exporting import secrets
from engine.cacao.exporting.conditions import Style
from engine.cacao.exporting.document import exported
from engine.cacao.exporting.layout import Inexpressible
from engine.cacao.losses import CacaoWarning
from engine.compiling import compiled
from engine.diagrams import diagram, mermaid
from engine.imports import Format, Import, planned
from schemas.messages import JsonObject
from schemas.playbooks import Playbook, PlaybookPublished

SCHEMA_JSON = "application/schema+json"


class ExportQuery(Query):
    """Which form, and how it says conditions."""

    format: Format = Field(default="cacao_v2", description="the form of the document")
    condition_style: Style = Field(
        default="bracketed", description="soarca: lone comparisons without brackets"
    )


class ImportQuery(Query):
    """Whether to import at all, and what to do with a playbook that is there already."""

    dry_run: Flag = Field(default=False, description="only say what would become of it")
    on_conflict: OnConflict | None = Field(
        default=None, description="what to do when the playbook is there already"
    )


class ImportDocument(Document):
    """A CACAO 2.0 document, or a playbook as an author writes it. ``dry_run`` may stand in it."""


async def export_playbook(call: Call[ExportQuery, None]) -> web.Response:
    """Export a playbook, as a document by itself. The same revision is the same document."""
    playbook_id = call.named("playbook_id")
    published = call.parts.registry.current(playbook_id)
    if published is None:
        raise unknown("playbook", playbook_id)
    document = await to_thread(_exported, published, call.query)
    # A quote or a line break is in no id and no version.
    name = f"{published.playbook_id}-{published.definition.version}.json"
    return web.Response(
        body=orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        content_type=JSON,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def import_playbook(call: Call[ImportQuery, ImportDocument]) -> Answer:
    """Import a document. What it becomes is switched off, until somebody switches it on."""
    document, dry_run = _read(call)
    # In threads: of a large document either takes a second, in which others are answered.
    plan = await to_thread(planned, document)
    if dry_run:
        there = imports.existing(call.parts, plan)
        return answer(await to_thread(_preview, plan, document, there))
    published, warnings = await imports.carried_out(
        call.parts, plan, call.query.on_conflict, by=call.key.name
    )
    shown = PlaybookImported(
        **answers.created(published).model_dump(),
        enabled=published.definition.enabled,
        warnings=_warnings(warnings),
    )
    headers = {
        "Location": f"/api/playbooks/{published.playbook_id}",
        "ETag": publications.etag(published),
    }
    return answer(shown, 201, headers)


async def show_extension(call: Call[NoQuery, None]) -> web.Response:
    """Show the JSON Schema of the extension that exports have."""
    return web.Response(body=orjson.dumps(extension.json_schema()), content_type=SCHEMA_JSON)


def _exported(published: PlaybookPublished, query: ExportQuery) -> JsonObject:
    definition = published.definition
    if query.format == "native":
        return extension.content(secrets.cleared(definition).definition)
    times = revisions.times(published)
    try:
        return exported(definition, **times._asdict(), style=query.condition_style)
    except Inexpressible as error:
        raise conflict("inexpressible", str(error)) from None


def _read(call: Call[ImportQuery, ImportDocument]) -> tuple[Any, bool]:
    document, dry_run = call.body.root, call.query.dry_run
    if isinstance(document, dict) and "dry_run" in document:
        said = document["dry_run"]
        if not isinstance(said, bool):
            raise malformed("dry_run is neither true nor false", "invalid_parameter")
        document = {name: value for name, value in document.items() if name != "dry_run"}
        dry_run = dry_run or said
    return document, dry_run


def _preview(plan: Import, document: Any, there: PlaybookPublished | None) -> ImportPreview:
    findings: list[LevelFinding] = []
    levels: dict[str, bool] = {}
    if plan.format == "cacao_v2":
        findings = [LevelFinding(**asdict(each)) for each in standard().findings(document)]
        failed: set[str] = {each.level for each in findings}
        levels = {level: level not in failed for level in ("official", "strict", "semantic")}
    playbook = plan.playbook
    return ImportPreview(
        valid=playbook is not None,
        format=plan.format,
        own=plan.own,
        exists=None if there is None else there.playbook_id,
        playbook=plan.definition,
        graph=None if playbook is None else _graph(playbook),
        levels=levels,
        findings=findings,
        errors=[Fault(pointer=p.pointer, message=p.message) for p in plan.problems],
        warnings=_warnings(plan.warnings),
    )


def _graph(playbook: Playbook) -> ImportGraph:
    picture = diagram(compiled(playbook, ""))
    return ImportGraph(
        mermaid=mermaid(picture),
        start=picture.start,
        nodes=[
            GraphNode(id=step_id, name=name, type=picture.types[step_id])
            for step_id, name in picture.names.items()
        ],
        edges=[GraphEdge(**asdict(edge)) for edge in picture.edges],
    )


def _warnings(warnings: list[CacaoWarning]) -> list[ImportWarning]:
    return [ImportWarning(**asdict(warning)) for warning in warnings]


ROUTES = (
    Route(
        "POST",
        "/api/playbooks/import",
        import_playbook,
        "Import a CACAO 2.0 document or a playbook",
        scope="write:playbooks",
        query=ImportQuery,
        request=ImportDocument,
        media_types=(JSON, YAML),
        bytes_max=MIB,
        answer=PlaybookImported | ImportPreview,
        statuses=(200, 201),
        errors=(409,),
        answer_headers=("Location", "ETag"),
    ),
    Route(
        "GET",
        "/api/playbooks/{playbook_id}/export",
        export_playbook,
        "Export a playbook",
        scope="read:playbooks",
        query=ExportQuery,
        errors=(404, 409),
        answer_headers=("Content-Disposition",),
    ),
    Route(
        "GET",
        extension.SCHEMA_PATH,
        show_extension,
        "Show the JSON Schema of the extension of exports",
        scope="read:playbooks",
    ),
)
