"""Documents that people bring: a playbook to be imported, a finding to be explained."""

from typing import Any

import orjson
from aiohttp import web

from api.page import graphs
from api.page.visits import Page, Visit, at, data, see
from api.rest import exchange, explanations
from api.rest.answers.exchange import ImportGraph
from api.rest.bodies import document
from api.rest.errors import ApiError, malformed
from api.rest.exchange import ImportDocument, ImportQuery
from api.rest.explanations import ExplanationQuery
from api.rest.findings import FindingDocument
from api.rest.route import JSON, YAML
from engine.diagrams import Diagram, Edge


async def show_import(visit: Visit) -> web.StreamResponse:
    """Show where a document can be given."""
    return visit.page("import.html", text="", preview=None, picture=None, error=None)


async def import_document(visit: Visit) -> web.StreamResponse:
    """Say what an import would do, or do it."""
    text = _text(visit)
    dry_run = visit.said("do") != "import"
    conflict = visit.said("on_conflict") or None
    try:
        query = ImportQuery.model_validate({"dry_run": dry_run, "on_conflict": conflict})
        body = ImportDocument.model_construct(_understood(text))
        answered = data(await exchange.import_playbook(visit.call(body, query)))
    except ApiError as error:
        said: dict[str, Any] = {"text": text, "preview": None, "picture": None, "error": error}
        return visit.page("import.html", error.status, **said)
    if not dry_run:
        return see(at("playbooks", answered.id))
    drawn = None if answered.graph is None else graphs.picture(_diagram(answered.graph))
    return visit.page("import.html", text=text, preview=answered, picture=drawn, error=None)


async def show_explanation(visit: Visit) -> web.StreamResponse:
    """Show where a finding can be given."""
    return visit.page("explain.html", text="", explained=None, error=None)


async def explain(visit: Visit) -> web.StreamResponse:
    """Say which playbooks a finding starts, and why not the others."""
    text = _text(visit)
    try:
        body = FindingDocument.model_construct(_understood(text))
        call = visit.call(body, ExplanationQuery())
        explained = data(await explanations.explain(call))
    except ApiError as error:
        return visit.page("explain.html", error.status, text=text, explained=None, error=error)
    return visit.page("explain.html", text=text, explained=explained, error=None)


def _text(visit: Visit) -> str:
    """Return the document: the file when one was chosen, else what was written."""
    file = visit.form.get("file")
    if isinstance(file, web.FileField) and file.filename:
        try:
            return file.file.read().decode()
        except UnicodeDecodeError:
            raise malformed("the file is not text in UTF-8") from None
    return visit.said("text")


def _understood(text: str) -> Any:
    if not text:
        raise malformed("choose a file, or write something", "missing_body")
    raw = text.encode("utf-8", "replace")
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return document(raw, JSON if text.startswith(("{", "[")) else YAML)
    return document(raw, JSON)


def _diagram(of: ImportGraph) -> Diagram:
    return Diagram(
        start=of.start,
        names={node.id: node.name for node in of.nodes},
        types={node.id: node.type for node in of.nodes},
        edges=[Edge(edge.source, edge.target, edge.kind, edge.label) for edge in of.edges],
    )


PAGES = (
    Page("GET", "/playbooks/import", show_import),
    Page("POST", "/playbooks/import", import_document, "write:playbooks"),
    Page("GET", "/playbooks/explain", show_explanation),
    Page("POST", "/playbooks/explain", explain),
)
