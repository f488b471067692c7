"""A session: the log is read and folded from what stands in the table until trouble comes.

    look       which cluster is it, which partitions, where do they begin and end
    mend       replace a file that is damaged or gone
    compare    a table that cannot have come from this log is emptied
    fold       take a batch, write rows and offsets in one transaction, tell who waits; again
    prune      a few of those that ended long ago, between two batches

Whatever goes wrong ends it, and the projection begins another one: there is no second way
to start, and nothing in memory outlives what could not be written.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

import structlog

from streams import topics
from streams.settings import Settings
from streams.table import origins
from streams.table.folding import Counts, Folding
from streams.table.origins import Offsets
from streams.table.pruning import Pruning
from streams.table.reading import Reading, reading
from streams.table.store import Store, TableError
from streams.table.table import Table
from streams.table.writer import Rows, Writer

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0
"""How often it is written down that the table is current, though nothing has come."""

_ANALYSED_SECONDS = 3_600.0

_ANALYSED_EXECUTIONS = 10_000
"""So many there are before it is counted how far each index narrows a search, and it is counted
again when there are twice as many. By what was counted of few, SQLite would read a large table as a
whole rather than look up the executions of a batch one by one."""


async def in_thread(
    thread: Executor, store: Store, work: Callable[P, T], *arguments: P.args, **options: P.kwargs
) -> T:
    """Run ``work`` in the thread that writes. The errors of the store become TableError."""

    def run() -> T:
        try:
            return work(*arguments, **options)
        except store.errors as error:
            raise store.error(error) from error

    return await asyncio.get_running_loop().run_in_executor(thread, run)


class Session:
    """Folds what comes into the table. Raises KafkaError, LogError and TableError."""

    def __init__(
        self,
        reading: Reading,
        table: Table,
        thread: Executor,
        writer: Writer,
        folding: Folding,
        pruning: Pruning,
    ) -> None:
        self.reading = reading
        self._table = table
        self._thread = thread
        self._writer = writer
        self._folding = folding
        self._pruning = pruning
        self._beaten_at = 0.0
        self._analysed_at = float("-inf")
        self._analysed_number = 0

    async def fold_next(self) -> bool:
        """Fold what has come, if anything has; True: and all is found to be in order."""
        records = await self.reading.take()
        if records:
            places = {(record.topic, record.partition) for record in records}
            offsets = {p: at for p, at in self.reading.positions.items() if tuple(p) in places}
            await in_thread(self._thread, self._table.store, self._folding.take, records, offsets)
            self._table.tell()
        now = asyncio.get_running_loop().time()
        if self._pruning.is_due(now):
            at = datetime.now(UTC)
            await in_thread(self._thread, self._table.store, self._pruning.step, at, now)
        if now - self._beaten_at < BEAT_SECONDS:
            return False
        self._beaten_at = now
        return await self._beat(now)

    async def _beat(self, now: float) -> bool:
        """Write down how current the table is, and see that it and the log are in order."""
        store = self._table.store
        trouble = await in_thread(self._thread, store, store.trouble)
        if trouble is not None:
            raise trouble
        self.reading.check()
        await self._analyse(now)
        current, at = self.reading.current()
        if not current:
            return False
        await in_thread(self._thread, store, self._writer.write, Rows(), current, at)
        self._table.tell()
        return True

    async def _analyse(self, now: float) -> None:
        """Have the indexes counted, if the table has grown or some time has passed.

        Also while more comes than is folded: then, with the largest batches, it matters most.
        """
        store = self._table.store
        number = await in_thread(self._thread, store, self._writer.last_number)
        grown = number >= max(_ANALYSED_EXECUTIONS, 2 * self._analysed_number)
        due = self._analysed_number and now - self._analysed_at > _ANALYSED_SECONDS
        if grown or due:
            self._analysed_number, self._analysed_at = number, now
            await in_thread(self._thread, store, self._writer.analyse)


@asynccontextmanager
async def session(
    settings: Settings, table: Table, thread: Executor, counts: Counts
) -> AsyncIterator[Session]:
    """Give a session that is ready to fold; ``thread`` has one worker, the one that writes.

    Raises KafkaError when no broker can be reached, LogError, and TableError.
    """
    store = table.store
    async with reading(settings) as of_log:
        writer, offsets = await in_thread(thread, store, _opened, store, of_log)
        try:
            name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
            folding = await in_thread(thread, store, Folding, writer, name, counts=counts)
            of_log.begin(offsets)
            # Before any is read: a table is as current as the partition it has read least of, also
            # when that is nothing, since its leader answers later than all others.
            unread = {place: at for place, at in of_log.positions.items() if place not in offsets}
            await in_thread(thread, store, writer.write, Rows(), unread)
            table.tell()
            pruning = Pruning(writer, settings.retention.span)
            yield Session(of_log, table, thread, writer, folding, pruning)
        finally:
            with suppress(TableError):
                await in_thread(thread, store, writer.close)


def _opened(store: Store, of_log: Reading) -> tuple[Writer, Offsets]:
    """Mend what is to be mended, compare; return the writer and where to read on."""
    if store.trouble() is not None:
        store.make_usable()
    writer = Writer(store, of_log.cluster_id)
    try:
        known = writer.origins()
        foreign = origins.why_foreign(known, of_log.cluster_id, of_log.ends)
        if foreign is not None:
            log.warning("table is rebuilt from the log", table=store.name, reason=foreign)
            writer.empty()
            known = {}
    except BaseException:
        writer.close()
        raise
    for place, missed in origins.removed(known, of_log.begins).items():
        log.error(
            "retention removed records before they were read into the table",
            topic=place.topic,
            partition=place.partition,
            offsets=missed,
        )
    return writer, {place: offset for place, (_, offset) in known.items()}
