"""Playbooks: the list of them, each with its graph and versions, to be run and switched."""

from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from api.page import graphs
from api.page.visits import Page, Visit, at, data, see
from api.rest import exchange, queries
from api.rest.bodies import document
from api.rest.errors import ApiError, invalid, unknown
from api.rest.exchange import ExportQuery
from api.rest.playbooks import change_playbook
from api.rest.publications import PlaybookPatch
from api.rest.route import JSON
from api.rest.runs import RunRequest, run_playbook
from engine.diagrams import diagram
from schemas.playbooks import Parameter, PlaybookPublished
from schemas.problems import Problem, below
from streams.table.queries import ExecutionFilter


async def show_playbooks(visit: Visit) -> web.StreamResponse:
    """List the playbooks that the search finds."""
    sought = visit.request.query.get("search", "").strip().casefold()
    found = [
        each
        for each in visit.parts.registry.currents()
        if sought in f"{each.definition.name}\n{each.definition.description}".casefold()
    ]
    return visit.page("playbooks.html", playbooks=found, sought=sought)


async def show_playbook(visit: Visit) -> web.StreamResponse:
    """Show a playbook."""
    published = _current(visit)
    registry, playbook_id = visit.parts.registry, published.playbook_id
    graph = registry.graph(playbook_id, published.revision)
    return visit.page(
        "playbook.html",
        playbook=published,
        definition=published.definition,
        versions=registry.history(playbook_id)[::-1],
        picture=None if graph is None else graphs.picture(diagram(graph)),
        total=visit.parts.table.executions(ExecutionFilter(playbook_id=playbook_id), 1, 1).total,
        as_json=published.definition.model_dump(mode="json", exclude_unset=True),
    )


async def run(visit: Visit) -> web.StreamResponse:
    """Run a playbook with what the form says; lead to the execution."""
    given, wrong = _parameters(visit, _current(visit).definition.parameters)
    if wrong:
        raise invalid("parameters", wrong)
    wanted = {
        "target_asset_id": visit.said("target_asset_id") or None,
        "parameters": given,
        "dry_run": visit.said("dry_run") == "yes",
    }
    try:
        asked = RunRequest.model_validate(wanted)
    except ValidationError as error:
        raise ApiError(422, "invalid_body", error.errors()[0]["msg"]) from None
    started = data(await run_playbook(visit.call(asked)))
    return see(at("executions", started.execution_id))


async def switch(visit: Visit) -> web.StreamResponse:
    """Switch a playbook on or off."""
    patch = PlaybookPatch.model_construct({"enabled": visit.said("enabled") == "yes"})
    await change_playbook(visit.call(patch))
    return see(at("playbooks", visit.named("playbook_id")))


async def export(visit: Visit) -> web.StreamResponse:
    """Export a playbook."""
    query = queries.read(ExportQuery, visit.request.query)
    return await exchange.export_playbook(visit.call(query=query))


def _parameters(
    visit: Visit, declared: dict[str, Parameter]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the parameters that the form says, and which are not of their type."""
    if not declared:
        text = visit.said("parameters")
        given = document(text.encode(), JSON) if text else {}
        if not isinstance(given, dict):
            return {}, [Problem("/parameters", "is no JSON object")]
        return given, []
    found: dict[str, Any] = {}
    wrong = []
    for name, parameter in declared.items():
        text = visit.said(f"parameter:{name}")
        if not text:
            continue
        try:
            found[name] = text if parameter.type == "string" else orjson.loads(text)
        except orjson.JSONDecodeError:
            reason = f"is not of the type {parameter.type}, as JSON says it"
            wrong.append(Problem(below("/parameters", name), reason))
    return found, wrong


def _current(visit: Visit) -> PlaybookPublished:
    published = visit.parts.registry.current(visit.named("playbook_id"))
    if published is None:
        raise unknown("playbook", visit.named("playbook_id"))
    return published


_ONE = "/playbooks/{playbook_id}"

PAGES = (
    Page("GET", "/playbooks", show_playbooks),
    Page("GET", _ONE, show_playbook),
    Page("GET", f"{_ONE}/export", export),
    Page("POST", f"{_ONE}/run", run, "write:playbooks"),
    Page("POST", f"{_ONE}/switch", switch, "write:playbooks"),
)
