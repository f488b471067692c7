"""Tallies: how many executions there are, by day and by what most filters ask for.

Counting the rows of a long list takes some 30 ms per million, and a list tells its total with
every page. So the writer keeps count, in the transaction that changes the rows; a day that is
asked for in part, and what is not counted here, is counted in the rows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from streams.table import queries
from streams.table.queries import ExecutionFilter
from streams.table.rows import EXECUTION_COLUMNS, Row, microseconds
from streams.table.store import Connection

TALLIED = ("playbook_id", "status", "trigger", "dry_run")
"""The columns by which executions are counted."""

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_KEY = ("day", *TALLIED)
_FACTS = ", ".join((f"started_at / {_DAY}", *TALLIED))
_PLACES = [EXECUTION_COLUMNS.index(column) for column in TALLIED]
_STARTED_AT = EXECUTION_COLUMNS.index("started_at")
_IDS_PER_QUERY = 500

_ADD = (
    f"INSERT INTO tallies ({', '.join(_KEY)}, executions) VALUES (?, ?, ?, ?, ?, ?) "
    f"ON CONFLICT ({', '.join(_KEY)}) "
    "DO UPDATE SET executions = tallies.executions + excluded.executions"
)
_REMOVE = (
    f"DELETE FROM tallies WHERE {' AND '.join(f'{column} = ?' for column in _KEY)} "
    "AND executions = 0"
)
DERIVED = f"SELECT {_FACTS}, COUNT(*) FROM executions GROUP BY 1, 2, 3, 4, 5"
"""What the tallies must be, as the rows say."""

QUERY = f"SELECT {_FACTS} FROM executions WHERE execution_id IN ({{marks}})"

STORED = f"SELECT {', '.join(_KEY)}, executions FROM tallies"

Key = tuple[Any, ...]


def added(rows: Iterable[Row]) -> Counter[Key]:
    """Return the tallies of rows as they are written (EXECUTION_COLUMNS)."""
    return Counter((row[_STARTED_AT] // _DAY, *(row[place] for place in _PLACES)) for row in rows)


def there(connection: Connection, execution_ids: Sequence[str]) -> Counter[Key]:
    """Return the tallies of these executions as they stand in the table."""
    found: Counter[Key] = Counter()
    for start in range(0, len(execution_ids), _IDS_PER_QUERY):
        ids = execution_ids[start : start + _IDS_PER_QUERY]
        marks = ", ".join("?" * len(ids))
        found.update(connection.execute(QUERY.format(marks=marks), ids))
    return found


def write(connection: Connection, more: Counter[Key], fewer: Counter[Key]) -> None:
    """Change the tallies by what has come and by what has gone."""
    changes = {key: more[key] - fewer[key] for key in more.keys() | fewer.keys()}
    rows = [(*key, change) for key, change in changes.items() if change]
    connection.executemany(_ADD, rows)
    connection.executemany(_REMOVE, [key for *key, change in rows if change < 0])


def total(connection: Connection, asked: ExecutionFilter) -> int:
    """Return how many executions are asked for."""
    if asked.finding_id is not None or asked.asset_id is not None:
        return _counted(connection, *queries.where(asked))
    since = None if asked.since is None else microseconds(asked.since)
    until = None if asked.until is None else microseconds(asked.until)
    # The days that are asked for whole are those from ``first`` on and before ``last``.
    first = None if since is None else -(-since // _DAY)
    last = None if until is None else until // _DAY
    if first is not None and last is not None and first >= last:
        return _counted(connection, *queries.where(asked))
    count = _tallied(connection, asked, first, last)
    if since is not None and first is not None:
        count += _between(connection, asked, since, first * _DAY)
    if until is not None and last is not None:
        count += _between(connection, asked, last * _DAY, until)
    return count


def _tallied(
    connection: Connection, asked: ExecutionFilter, first: int | None, last: int | None
) -> int:
    clauses, values = queries.equalities(asked)
    for clause, day in (("day >= ?", first), ("day < ?", last)):
        if day is not None:
            clauses.append(clause)
            values.append(day)
    condition = queries.condition(clauses)
    query = f"SELECT COALESCE(SUM(executions), 0) FROM tallies {condition}"
    return int(connection.execute(query, values).fetchone()[0])


def _between(connection: Connection, asked: ExecutionFilter, since: int, until: int) -> int:
    """Count a part of a day that begins or ends with it: in the rows, the fewer of them."""
    if 2 * (until - since) <= _DAY:
        return _in_rows(connection, asked, since, until)
    day = since // _DAY
    begin, end = day * _DAY, (day + 1) * _DAY
    rest = (until, end) if since == begin else (begin, since)
    return _tallied(connection, asked, day, day + 1) - _in_rows(connection, asked, *rest)


def _in_rows(connection: Connection, asked: ExecutionFilter, since: int, until: int) -> int:
    if since == until:
        return 0
    clauses, values = queries.equalities(asked)
    clauses += ["started_at >= ?", "started_at < ?"]
    return _counted(connection, queries.condition(clauses), [*values, since, until])


def _counted(connection: Connection, condition: str, values: Sequence[Any]) -> int:
    query = f"SELECT COUNT(*) FROM executions {condition}"
    return int(connection.execute(query, values).fetchone()[0])
