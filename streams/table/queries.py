"""Which executions are asked for, and the SQL that asks for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from schemas.executions import Execution, Status, StepRun
from streams.table.rows import microseconds, searchable
from streams.table.schema import FILTERS


@dataclass(frozen=True)
class ExecutionFilter:
    """What an execution must be to be listed; None leaves it open.

    trigger: the name of the event, or ``manual``. asset_id: the asset that a run was aimed at,
    else that of its event. since: inclusive, until: exclusive, both on ``started_at``.
    """

    status: Status | None = None
    playbook_id: str | None = None
    finding_id: str | None = None
    asset_id: str | None = None
    trigger: str | None = None
    dry_run: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class ListPlace(NamedTuple):
    """A place in the list of executions: that of the execution with this start and this id."""

    started_at: datetime
    execution_id: str


class ExecutionPage(NamedTuple):
    """A page of the list of executions.

    total: how many there are on all pages. last: the place behind which the list goes on, None
    when it does not.
    """

    executions: list[Execution]
    total: int
    last: ListPlace | None


class SummaryPage(NamedTuple):
    """A page of the same list, of which each execution is told by its summary, as JSON."""

    summaries: list[bytes]
    total: int
    last: ListPlace | None


class WaitingApproval(NamedTuple):
    """A step that waits for people, and the execution it is of."""

    execution: Execution
    step: StepRun


NEWEST_FIRST = "ORDER BY started_at DESC, execution_id DESC"
"""The order of every list. It is total: a page begins where the one before it ended."""

LONGEST_FIRST = "ORDER BY requested_at, execution_id, step_id"
"""The order of the approvals that wait."""


OF_EXECUTION = (
    "number = COALESCE((SELECT number FROM executions WHERE execution_id = ?), "
    "(SELECT number FROM gaps WHERE execution_id = ?))"
)
"""The condition of the rows of ``events`` and ``states`` that belong to an id, given twice. While
the first event of an execution is missing, its number stands in ``gaps`` alone."""

EVENTS = f"SELECT value FROM events WHERE {OF_EXECUTION} ORDER BY sequence"
"""The events of an execution, whose id is given twice."""

# Not those behind a gap: what they would be folded onto is not known.
EVENTS_UNTIL = (
    "SELECT value FROM events "
    "WHERE number = (SELECT number FROM executions WHERE execution_id = ?) "
    "AND sequence <= (SELECT sequence FROM executions WHERE execution_id = ?) "
    "AND at <= ? ORDER BY sequence"
)
"""The events of an execution, whose id is given twice, that had happened at a time."""


def where(asked: ExecutionFilter, after: ListPlace | None = None) -> tuple[str, list[Any]]:
    """Return the condition of a query as SQL, empty when all are asked for, and its values.

    after: only those that stand behind this place in the list.
    """
    clauses, values = equalities(asked)
    for clause, at in (("started_at >= ?", asked.since), ("started_at < ?", asked.until)):
        if at is not None:
            clauses.append(clause)
            values.append(microseconds(at))
    if after is not None:
        clauses.append("(started_at, execution_id) < (?, ?)")
        values += [microseconds(after.started_at), after.execution_id]
    return condition(clauses), values


def equalities(asked: ExecutionFilter) -> tuple[list[str], list[Any]]:
    """Return the clauses that ask for a certain value of a column, and these values."""
    wanted = {column: getattr(asked, column) for column in FILTERS}
    wanted |= {column: searchable(wanted[column]) for column in ("finding_id", "asset_id")}
    named = {column: value for column, value in wanted.items() if value is not None}
    return [f"{column} = ?" for column in named], list(named.values())


def condition(clauses: list[str]) -> str:
    """Return what all of these clauses demand, as SQL."""
    return "WHERE " + " AND ".join(clauses) if clauses else ""
