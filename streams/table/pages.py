"""Pages of the list of executions, as the table's columns have them."""

from typing import Any

from streams.table import queries, tallies
from streams.table.queries import ExecutionFilter, ListPlace
from streams.table.rows import moment
from streams.table.store import Connection


def listed(
    connection: Connection,
    column: str,
    asked: ExecutionFilter,
    page: int,
    per_page: int,
    after: ListPlace | None,
) -> tuple[list[Any], int, ListPlace | None]:
    """Return a column of a page, how many there are, and behind which place it goes on."""
    condition, values = queries.where(asked, after)
    total = tallies.total(connection, asked)
    skipped = 0 if after is not None else (page - 1) * per_page
    # One more tells whether there is more. Not more than there are: to look for another
    # one behind the last would be to read all that is not asked for.
    limit = per_page + 1 if after is not None else min(per_page + 1, total - skipped)
    rows = connection.execute(
        f"SELECT {column}, started_at, execution_id FROM executions {condition} "
        f"{queries.NEWEST_FIRST} LIMIT ? OFFSET ?",
        (*values, max(limit, 0), skipped),
    ).fetchall()
    found = [value for value, *_ in rows[:per_page]]
    if len(rows) <= per_page:
        return found, total, None
    _, started_at, execution_id = rows[per_page - 1]
    return found, total, ListPlace(moment(started_at), execution_id)
