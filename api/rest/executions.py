"""Executions: list them, show one with its steps and events, now or as of a moment."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from pydantic import Field

from api.rest import cursors
from api.rest.answers import executions as answers
from api.rest.answers.executions import StepShown
from api.rest.calls import (
    Answer,
    Answered,
    Call,
    NoQuery,
    answer,
    data_written,
    page_written,
    written,
)
from api.rest.cursors import Cursor
from api.rest.errors import ApiError, unknown
from api.rest.freshness import TABLE_HEADERS, remembered, table_headers
from api.rest.queries import Flag, PageQuery, Query, Time
from api.rest.route import Route
from schemas.executions import Execution, Status
from schemas.messages import JsonObject
from streams.table.haste import in_haste
from streams.table.queries import ExecutionFilter, ListPlace
from streams.table.summaries import ExecutionShown, summary


class ExecutionsQuery(PageQuery):
    """Which executions."""

    status: Status | None = Field(default=None, description="is in this state")
    playbook_id: str | None = Field(default=None, max_length=128)
    finding_id: str | None = Field(default=None, max_length=512)
    asset_id: str | None = Field(default=None, max_length=512)
    trigger: str | None = Field(
        default=None, max_length=64, description="name of the event that started it, or manual"
    )
    dry_run: Flag | None = Field(default=None)
    since: Time | None = Field(default=None, description="started then or later")
    until: Time | None = Field(default=None, description="started before then")
    cursor: str | None = Field(
        default=None, max_length=1_024, description="of the Link to the next page; in place of page"
    )

    @property
    def filter(self) -> ExecutionFilter:
        """The same for the table."""
        asked = {name: getattr(self, name) for name in ExecutionFilter.__dataclass_fields__}
        return ExecutionFilter(**asked)


class AsOfQuery(Query):
    """The past: as it was at a moment."""

    as_of: Time | None = Field(default=None, description="as it was then; now when not said")


class Told(NamedTuple):
    """An answer that is told again as long as nothing is committed, and its tag."""

    body: bytes
    etag: str


async def list_executions(call: Call[ExecutionsQuery, None]) -> Answer:
    """List executions, newest first; ``Link`` leads on to the next page."""
    query = call.query
    number, after = _begin(query)
    table = call.parts.table
    read = partial(table.summaries, query.filter, number, query.per_page, after)
    found, total, last = await in_haste(table, read)
    following = None if last is None else Cursor(number + 1, last)
    headers = table_headers(call) | cursors.next_link(call, following)
    return Answer(page_written(found, total, number, query.per_page), headers=headers)


def _begin(query: ExecutionsQuery) -> tuple[int, ListPlace | None]:
    """Return the number of the page, and the place behind which it begins if a cursor says so."""
    if query.cursor is None:
        return query.page, None
    if "page" in query.model_fields_set:
        reason = "query parameter page: leave it out, the cursor says where the list goes on"
        raise ApiError(400, "invalid_parameter", reason, parameter="page")
    return cursors.cursor(query.cursor)


async def show_execution(call: Call[AsOfQuery, None]) -> Answer:
    """Show an execution."""
    named, table = call.named("execution_id"), call.parts.table
    if call.query.as_of is not None:
        then = await _then(call, named, call.query.as_of)
        return answer(summary(then), headers=_headers(call, then.sequence))

    def told() -> Told | None:
        known = table.summary(named)
        return None if known is None else Told(data_written(known[0]), _etag(known[1]))

    return _answered(named, *remembered(call, ("execution", named), told))


async def list_steps(call: Call[AsOfQuery, None]) -> Answer:
    """List the steps of an execution, as its playbook declares them."""
    named, table = call.named("execution_id"), call.parts.table
    if call.query.as_of is not None:
        then = await _then(call, named, call.query.as_of)
        return answer(answers.steps(then), headers=_headers(call, then.sequence))

    def told() -> Told | None:
        known = table.execution(named)
        if known is None:
            return None
        return Told(written(Answered[Any](data=answers.steps(known))), _etag(known.sequence))

    return _answered(named, *remembered(call, ("steps", named), told))


def _answered(execution_id: str, found: Told | None, headers: dict[str, str]) -> Answer:
    """Answer with what has been found."""
    if found is None:
        raise unknown("execution", execution_id)
    headers["ETag"] = found.etag
    return Answer(found.body, 200, headers)


async def list_events(call: Call[NoQuery, None]) -> Answer:
    """List the events of an execution, as they stand on the log."""
    named = call.named("execution_id")
    found = await asyncio.to_thread(call.parts.table.events, named)
    if not found:
        raise unknown("execution", named)
    return answer(found, headers=_headers(call, found[-1]["sequence"]))


def _headers(call: Call[Any, Any], sequence: int) -> dict[str, str]:
    """Return how current an answer is, and its tag: all of it follows from the events so far."""
    return table_headers(call) | {"ETag": _etag(sequence)}


def _etag(sequence: int) -> str:
    return f'"{sequence}"'


async def _then(call: Call[AsOfQuery, Any], named: str, at: datetime) -> Execution:
    table = call.parts.table
    known = table.execution(named)
    if known is None:
        raise unknown("execution", named)
    then = await asyncio.to_thread(table.execution_as_of, named, at)
    if then is None:
        raise ApiError(
            404,
            "execution_not_found",
            f"execution {named} had not begun at {at.isoformat()}: "
            f"it began at {known.started_at.isoformat()}",
        )
    return then


ROUTES = (
    Route(
        "GET",
        "/api/playbooks/executions",
        list_executions,
        "List executions",
        scope="read:playbooks",
        query=ExecutionsQuery,
        answer=ExecutionShown,
        listed=True,
        paged=True,
        answer_headers=("Link", *TABLE_HEADERS),
    ),
    Route(
        "GET",
        "/api/playbooks/executions/{execution_id}",
        show_execution,
        "Show an execution",
        scope="read:playbooks",
        query=AsOfQuery,
        answer=ExecutionShown,
        errors=(404,),
        answer_headers=("ETag", *TABLE_HEADERS),
    ),
    Route(
        "GET",
        "/api/playbooks/executions/{execution_id}/steps",
        list_steps,
        "List the steps of an execution",
        scope="read:playbooks",
        query=AsOfQuery,
        answer=StepShown,
        listed=True,
        errors=(404,),
        answer_headers=("ETag", *TABLE_HEADERS),
    ),
    Route(
        "GET",
        "/api/playbooks/executions/{execution_id}/events",
        list_events,
        "List the events of an execution",
        scope="read:playbooks",
        answer=JsonObject,
        listed=True,
        errors=(404,),
        answer_headers=("ETag", *TABLE_HEADERS),
    ),
)
