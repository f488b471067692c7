"""Executions: the list of them, each with its graph and its steps, and what can be done to it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict

from api.page import graphs
from api.page.visits import Page, Visit, at, data, see
from api.rest import controls, queries, reruns
from api.rest.answers import executions as answers
from api.rest.controls import CancelRequest, DecisionRequest, NoteRequest
from api.rest.errors import ApiError, unknown
from api.rest.executions import ExecutionsQuery, list_events
from api.rest.queries import Query
from api.rest.reruns import RerunRequest
from engine import contexts
from engine.diagrams import diagram
from schemas.executions import ENDED, Execution, Status, StepStatus
from schemas.steps import END
from streams.table.queries import ExecutionFilter
from streams.table.summaries import ExecutionShown, summary

_PER_PAGE = 50


@dataclass(frozen=True)
class Row:
    """An execution in the list. title, severity: of its finding."""

    shown: ExecutionShown
    title: str
    severity: str
    seconds: float


class SearchQuery(Query):
    """Which executions. search: the id of an execution, a finding or an asset."""

    status: str = ""
    playbook_id: str = ""
    search: str = ""
    page: queries.Number = 1


async def show_executions(visit: Visit) -> web.StreamResponse:
    """List the executions, newest first."""
    asked = queries.read(SearchQuery, visit.request.query)
    sought = asked.search.strip()
    if sought and visit.parts.table.execution(sought) is not None:
        return see(at("executions", sought))
    wanted = vars(queries.read(ExecutionsQuery, MultiDict(_given(asked))).filter)
    number = max(1, asked.page)
    found, total, last = await asyncio.to_thread(_sought, visit, wanted, sought, number)
    following = _given(asked) | {"search": sought, "page": str(number + 1)}
    return visit.page(
        "executions.html",
        rows=[row(each, visit) for each in found],
        total=total,
        asked=asked,
        number=number,
        following=None if last is None else f"/?{urlencode(following)}",
        statuses=list(Status),
        playbooks=[(p.playbook_id, p.definition.name) for p in visit.parts.registry.currents()],
    )


def _given(asked: SearchQuery) -> dict[str, str]:
    said = {"status": asked.status, "playbook_id": asked.playbook_id}
    return {name: value for name, value in said.items() if value}


def _sought(visit: Visit, wanted: dict[str, Any], sought: str, number: int) -> Any:
    """Return what a search finds: what is about such a finding, else about such an asset."""
    table = visit.parts.table
    if not sought:
        return table.executions(ExecutionFilter(**wanted), number, _PER_PAGE)
    by_finding = ExecutionFilter(**wanted | {"finding_id": sought})
    found = table.executions(by_finding, number, _PER_PAGE)
    if found.total:
        return found
    return table.executions(ExecutionFilter(**wanted | {"asset_id": sought}), number, _PER_PAGE)


def row(execution: Execution, visit: Visit) -> Row:
    """Return what is told of an execution on one line."""
    finding: Any = None
    if execution.event is not None:
        finding = contexts.of_finding(execution.event).root("finding")
    said = finding if isinstance(finding, dict) else {}
    until = execution.completed_at or visit.at
    return Row(
        shown=summary(execution),
        title=_text(said.get("title")) or _text(said.get("id")),
        severity=_text(said.get("severity")).lower(),
        seconds=(until - execution.started_at).total_seconds(),
    )


async def show_execution(visit: Visit) -> web.StreamResponse:
    """Show an execution with its graph, its steps, its events."""
    execution = _execution(visit)
    events = data(await list_events(visit.call()))
    graph = visit.parts.registry.graph(execution.playbook_id, execution.playbook_revision)
    return visit.page(
        "execution.html",
        of=row(execution, visit),
        paused=execution.paused,
        ended=execution.status in ENDED,
        steps=[answers.step(run) for run in execution.steps.values()],
        states=_states(execution),
        bars=_bars(execution, visit),
        event=execution.event,
        events=events[::-1],
        picture=None if graph is None else graphs.picture(diagram(graph)),
    )


def _states(execution: Execution) -> dict[str, str]:
    """Return how the steps in the picture stand, its end included."""
    states = {run.id: str(run.status) for run in execution.steps.values()}
    if execution.status is Status.COMPLETED:
        states[END] = str(StepStatus.COMPLETED)
    return states


def _bars(execution: Execution, visit: Visit) -> dict[str, tuple[float, float]]:
    """Return of each step that has begun where its bar begins and how long it is, in percent."""
    end = execution.completed_at or visit.at
    whole = max((end - execution.started_at).total_seconds(), 0.001)
    found = {}
    for run in execution.steps.values():
        if run.started_at is not None:
            begun = (run.started_at - execution.started_at).total_seconds()
            took = ((run.completed_at or end) - run.started_at).total_seconds()
            left = min(max(100 * begun / whole, 0.0), 99.0)
            found[run.id] = (round(left, 2), round(min(max(100 * took / whole, 1), 100 - left), 2))
    return found


def _execution(visit: Visit) -> Execution:
    execution = visit.parts.table.execution(visit.named("execution_id"))
    if execution is None:
        raise unknown("execution", visit.named("execution_id"))
    return execution


async def cancel(visit: Visit) -> web.StreamResponse:
    """Stop an execution."""
    wanted = CancelRequest(note=visit.said("note"), undo=visit.said("undo") == "yes")
    await controls.cancel_execution(visit.call(wanted))
    return _back(visit)


async def pause(visit: Visit) -> web.StreamResponse:
    """Pause an execution."""
    await controls.pause_execution(visit.call(NoteRequest(note=visit.said("note"))))
    return _back(visit)


async def resume(visit: Visit) -> web.StreamResponse:
    """Let an execution go on."""
    await controls.resume_execution(visit.call(NoteRequest(note=visit.said("note"))))
    return _back(visit)


async def approve(visit: Visit) -> web.StreamResponse:
    """Approve a step."""
    await controls.approve_step(visit.call(DecisionRequest(note=visit.said("note"))))
    return _back(visit)


async def reject(visit: Visit) -> web.StreamResponse:
    """Reject a step."""
    await controls.reject_step(visit.call(DecisionRequest(note=visit.said("note"))))
    return _back(visit)


async def rerun(visit: Visit) -> web.StreamResponse:
    """Run an execution again, and lead to the new one."""
    start = visit.said("from")
    if start not in ("failed", "start"):
        raise ApiError(400, "invalid_parameter", "from is neither failed nor start")
    wanted = RerunRequest.model_validate({"from": start})
    started = data(await reruns.rerun_execution(visit.call(wanted)))
    return see(at("executions", started.execution_id))


def _back(visit: Visit) -> web.Response:
    if visit.said("back") == "approvals":
        return see("/approvals")
    return see(at("executions", visit.named("execution_id")))


def _text(said: Any) -> str:
    return said if isinstance(said, str) else ""


_ONE = "/executions/{execution_id}"

PAGES = (
    Page("GET", "/", show_executions),
    Page("GET", _ONE, show_execution),
    Page("POST", f"{_ONE}/cancel", cancel, "write:playbooks"),
    Page("POST", f"{_ONE}/pause", pause, "write:playbooks"),
    Page("POST", f"{_ONE}/resume", resume, "write:playbooks"),
    Page("POST", f"{_ONE}/rerun", rerun, "write:playbooks"),
    Page("POST", f"{_ONE}/steps/{{step_id}}/approve", approve, "write:playbooks"),
    Page("POST", f"{_ONE}/steps/{{step_id}}/reject", reject, "write:playbooks"),
)
