"""Which executions are asked for, and the SQL that asks for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.executions import Status
from streams.table.rows import microseconds
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


NEWEST_FIRST = "ORDER BY started_at DESC, execution_id DESC"
"""The order of every list. It is total: a page begins where the one before it ended."""


def where(asked: ExecutionFilter) -> tuple[str, list[Any]]:
    """Return the condition of a query as SQL, empty when all are asked for, and its values."""
    clauses: list[str] = []
    values: list[Any] = []
    for column in FILTERS:
        value = getattr(asked, column)
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    for clause, at in (("started_at >= ?", asked.since), ("started_at < ?", asked.until)):
        if at is not None:
            clauses.append(clause)
            values.append(microseconds(at))
    return ("WHERE " + " AND ".join(clauses) if clauses else "", values)
