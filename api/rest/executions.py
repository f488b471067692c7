"""Executions: list them, show one with its steps and events, now or as of a moment."""

import asyncio
from typing import Any

from pydantic import Field

from api.rest import cursors
from api.rest.answers import executions as answers
from api.rest.answers.executions import ExecutionShown, StepShown
from api.rest.calls import Answer, Call, NoQuery, answer, page
from api.rest.cursors import Cursor
from api.rest.errors import ApiError, unknown
from api.rest.freshness import TABLE_HEADERS, table_headers
from api.rest.queries import Flag, PageQuery, Query, Time
from api.rest.route import Route
from schemas.executions import Execution, Status
from schemas.messages import JsonObject
from streams.table.queries import ExecutionFilter, ListPlace


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


async def list_executions(call: Call[ExecutionsQuery, None]) -> Answer:
    """List executions, newest first; ``Link`` leads on to the next page."""
    query = call.query
    number, after = _begin(query)
    # Not in the way of others, if it takes its time.
    found, total, last = await asyncio.to_thread(
        call.parts.table.executions, query.filter, number, query.per_page, after
    )
    following = None if last is None else Cursor(number + 1, last)
    headers = table_headers(call) | cursors.next_link(call, following)
    shown = [answers.execution(each) for each in found]
    return page(shown, total, number, query.per_page, headers)


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
    return answer(answers.execution(await _execution(call)), headers=table_headers(call))


async def list_steps(call: Call[AsOfQuery, None]) -> Answer:
    """List the steps of an execution, as its playbook declares them."""
    execution = await _execution(call)
    return answer(
        [answers.step(run) for run in execution.steps.values()], headers=table_headers(call)
    )


async def list_events(call: Call[NoQuery, None]) -> Answer:
    """List the events of an execution, as they stand on the log."""
    named = call.named("execution_id")
    found = await asyncio.to_thread(call.parts.table.events, named)
    if not found:
        raise unknown("execution", named)
    return answer(found, headers=table_headers(call))


async def _execution(call: Call[AsOfQuery, Any]) -> Execution:
    named, at, table = call.named("execution_id"), call.query.as_of, call.parts.table
    known = table.execution(named)
    if known is None:
        raise unknown("execution", named)
    if at is None:
        return known
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
        answer_headers=TABLE_HEADERS,
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
        answer_headers=TABLE_HEADERS,
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
        answer_headers=TABLE_HEADERS,
    ),
)
