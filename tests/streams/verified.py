"""A table and its log, held against each other: what the tests of ``verify`` share."""

import sqlite3
from contextlib import closing

from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import Verification
from tests.streams.table.kafka import until

TALLIES = ("", "tallies")


async def project(settings: Settings, table: Table) -> None:
    """Fold what stands on the log, then stop."""
    projection = Projection(settings, table)
    await projection.start()
    await until(table, lambda: projection.caught_up)
    await projection.stop()


def tamper(settings: Settings, statement: str) -> None:
    """Change the table behind everybody's back."""
    with closing(sqlite3.connect(settings.data_dir / FILE_NAME)) as connection, connection:
        assert connection.execute(statement).rowcount != 0


def told(verification: Verification) -> list[tuple[str, str]]:
    """Return which execution differs, and in what."""
    found = {(one.execution_id, one.what) for one in verification.differences}
    # With a row that differs, the number of such rows differs too.
    return sorted(found - {TALLIES} if len(found) > 1 else found)
