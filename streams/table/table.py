"""The table as it is asked: by REST, by ``watch``, by ``verify``.

Reads are synchronous and may come from any thread; each thread has a connection of its own.
A read sees whole transactions only: rows and offsets as one batch of the log left them.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from aiokafka import TopicPartition

from engine.evolution import fold
from schemas.commands import Rejection
from schemas.executions import Execution
from streams import codecs, looks
from streams.table import pages, queries, states
from streams.table.memory import Memory
from streams.table.queries import (
    ExecutionFilter,
    ExecutionPage,
    ListPlace,
    SummaryPage,
    WaitingApproval,
)
from streams.table.rows import microseconds, moment
from streams.table.sqlite import SqliteStore
from streams.table.store import Connection, Store

T = TypeVar("T")

_POLL_SECONDS = 0.05
"""How often a condition is looked at again while another process projects."""


@dataclass(frozen=True)
class Position:
    """How far the table has read.

    offsets: per partition the next one to be read. current_at: when it had last read all
    that there was; None: never yet.
    """

    offsets: dict[TopicPartition, int]
    current_at: datetime | None

    def age_seconds(self, now: datetime) -> float | None:
        """Return how old, at most, what the table tells is; None: it has not read all yet."""
        if self.current_at is None:
            return None
        return max(0.0, (now - self.current_at).total_seconds())


class Table:
    """The executions, events and rejections of the log, as far as it has been folded.

    Raises TableError when it cannot be used, TableDamaged while it is to be rebuilt.
    """

    def __init__(self, where: Path | Store) -> None:
        """where: a store, or the path of SQLite's file, which is made when it is missing."""
        self.store: Store = SqliteStore(where) if isinstance(where, Path) else where
        self.projected_here = False
        self._folded = asyncio.Event()
        self._memory = Memory()

    def close(self) -> None:
        """Close what has been opened for reading."""
        self.store.close()

    def execution(self, execution_id: str) -> Execution | None:
        """Return an execution as it is now, None if there is none."""
        with self._reading() as connection:
            return next(iter(states.executions(connection, [execution_id])), None)

    def summary(self, execution_id: str) -> tuple[bytes, int] | None:
        """Return the summary of an execution, as JSON, and the number of its latest event."""
        query = "SELECT summary, sequence FROM executions WHERE execution_id = ?"
        return next(iter(self._read(query, execution_id)), None)

    def execution_as_of(self, execution_id: str, at: datetime) -> Execution | None:
        """Return an execution as it was at a moment, None if it had not started then."""
        rows = self._read(queries.EVENTS_UNTIL, execution_id, execution_id, microseconds(at))
        return fold(None, (codecs.decode_event(value) for (value,) in rows))

    def events(self, execution_id: str) -> list[dict[str, Any]]:
        """Return the events of an execution as they stand on the log, in order."""
        rows = self._read(queries.EVENTS, execution_id, execution_id)
        return [orjson.loads(value) for (value,) in rows]

    def rejection(self, command_id: str) -> Rejection | None:
        """Return why a command was refused, None if it was not, or not yet."""
        rows = self._read("SELECT value FROM rejections WHERE command_id = ?", command_id)
        return codecs.decode_rejection(rows[0][0]) if rows else None

    def executions(
        self,
        asked: ExecutionFilter,
        page: int = 1,
        per_page: int = 20,
        after: ListPlace | None = None,
    ) -> ExecutionPage:
        """Return one page of a list, newest first.

        after: it begins behind this place, whatever the number of the page. Where nothing else
        may wait for a page far away, or for filters that few executions meet together, read it
        by way of ``streams/table/haste.py``.
        """
        with self._one_moment() as connection:
            ids, total, last = pages.listed(
                connection, "execution_id", asked, page, per_page, after
            )
            return ExecutionPage(list(states.executions(connection, ids)), total, last)

    def summaries(
        self,
        asked: ExecutionFilter,
        page: int = 1,
        per_page: int = 20,
        after: ListPlace | None = None,
    ) -> SummaryPage:
        """Return the same page, with the summaries of the executions: nothing is decoded."""
        with self._one_moment() as connection:
            return SummaryPage(*pages.listed(connection, "summary", asked, page, per_page, after))

    def approvals(self, page: int = 1, per_page: int = 20) -> tuple[list[WaitingApproval], int]:
        """Return one page of the steps that wait for people, and how many wait.

        The one that has waited longest is the first.
        """
        with self._one_moment() as connection:
            total = connection.execute("SELECT COUNT(*) FROM approvals").fetchone()[0]
            rows = connection.execute(
                "SELECT execution_id, step_id FROM approvals "
                f"{queries.LONGEST_FIRST} LIMIT ? OFFSET ?",
                (per_page, (page - 1) * per_page),
            ).fetchall()
            ids = {execution_id for execution_id, _ in rows}
            of = {each.id: each for each in states.executions(connection, ids)}
        return [
            WaitingApproval(of[id], of[id].steps[step_id]) for id, step_id in rows if id in of
        ], total

    @property
    def position(self) -> Position:
        """How far the table has read."""
        return self.remembered("position", self._position)

    def remembered(self, name: Hashable, read: Callable[[], T]) -> T:
        """Return what ``read`` returns, or returned since something was last committed.

        name: of what is read. To be called from the thread of the loop.
        """
        try:
            return self._memory.told(self.store, name, read)
        except self.store.errors as error:
            raise self.store.error(error) from error

    async def wait(self, condition: Callable[[], T | None], timeout_seconds: float) -> T | None:
        """Return what ``condition`` returns once it is not None; None when time is up.

        It is evaluated now and after every batch that is folded. So a writer reads its own
        write: ``await table.wait(lambda: table.execution(id), 5)``.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while True:
            folded = self._folded
            result = condition()
            left_seconds = deadline - loop.time()
            if result is not None or left_seconds <= 0:
                await looks.settled()  # what is asked for next must not be older, wherever
                self._memory.look_again()
                return result
            if not self.projected_here:
                left_seconds = min(left_seconds, _POLL_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(folded.wait(), left_seconds)

    def tell(self) -> None:
        """Let everybody who waits look again. Called by the projection."""
        self._memory.look_again()
        folded, self._folded = self._folded, asyncio.Event()
        folded.set()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection to the table as it is now; what is written later does not show."""
        with closing(self.store.connect()) as connection:
            connection.execute("BEGIN")
            yield connection

    def _position(self) -> Position:
        rows = self._read("SELECT topic, partition, next_offset, current_at FROM offsets")
        times = [at for *_, at in rows]
        return Position(
            offsets={TopicPartition(topic, partition): next for topic, partition, next, _ in rows},
            current_at=moment(min(times)) if times and None not in times else None,
        )

    @contextmanager
    def _one_moment(self) -> Iterator[Connection]:
        """Give a connection all of whose answers are of the same moment."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            yield self.store.reader()
        except self.store.errors as error:
            raise self.store.error(error) from error

    def _read(self, query: str, *values: Any) -> list[Any]:
        try:
            return self.store.reader().execute(query, values).fetchall()
        except self.store.errors as error:
            raise self.store.error(error) from error
