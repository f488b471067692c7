"""Reads in haste: done on the spot, and only handed to a thread when they take long.

Most lists are read in less time than it takes to hand them to a thread and to take the result
back, which also has to wait until the loop lets go of the interpreter. Few take long: a page far
away, filters that few executions meet together. Those must not hold up everybody else. What a
server on another host answers always takes long.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from streams.table.store import TableError
from streams.table.table import Table

T = TypeVar("T")

SECONDS = 0.005
"""As much of the processor may a read take from the loop. Not of the clock: where others are busy
too, what is read twice only takes longer."""

_INSTRUCTIONS = 1_000  # of SQLite, between two looks at the clock: some 20 µs


async def in_haste(table: Table, read: Callable[[], T], seconds: float = SECONDS) -> T:
    """Return what ``read`` returns. It reads the table, and may be called twice.

    To be called from the thread of the loop. seconds: from then on it goes to a thread.
    """
    connection = table.store.reader()
    if not isinstance(connection, sqlite3.Connection):
        return await asyncio.to_thread(read)
    deadline = time.thread_time() + seconds
    is_late = False

    def look() -> bool:
        nonlocal is_late
        if is_late:
            return False  # what ends the transaction is not to be broken off as well
        is_late = time.thread_time() > deadline
        return is_late

    connection.set_progress_handler(look, _INSTRUCTIONS)
    try:
        return read()
    except TableError:
        if not is_late:
            raise
    finally:
        connection.set_progress_handler(None, 0)
        # If it was the end of the transaction that took too long: the next read would find it open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return await asyncio.to_thread(read)
