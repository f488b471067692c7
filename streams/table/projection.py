"""The projection: the log is read, folded, and written into the table, as long as it runs.

Of all processes that share a table the one that holds the lock projects; the others stand
by, read the same rows, and one of them goes on when the lock falls.

    stand by ──lock──▶ session ──trouble──▶ pause ──▶ session …   until stopped
       ▲─────────────── the lock is lost ─────┘
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import mode
import structlog
from aiokafka.errors import KafkaError

from streams.settings import Settings
from streams.table.folding import Counts
from streams.table.reading import LogError, Reading
from streams.table.session import in_thread, session
from streams.table.store import Store, TableError
from streams.table.table import Table

log = structlog.get_logger(__name__)

STANDBY_SECONDS = 0.25
"""How often a process that stands by tries to take the lock."""

_RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
_STOP_SECONDS = 5.0


class Projection(mode.Service):
    """Keeps ``table`` as the log says, or stands by while another process does.

    Starting it does not wait for the log to be read: ask ``caught_up``. Nothing that goes
    wrong ends it: it is logged, once, and tried again. counts: what was folded here.
    """

    def __init__(self, settings: Settings, table: Table) -> None:
        super().__init__()
        self.counts = Counts()
        self._settings = settings
        self._table = table
        self._lock = table.store.lock
        # One thread: SQLite has one writer, and the loop is free while it writes.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="projection")
        self._reading: Reading | None = None
        self._began: tuple[datetime, float] | None = None
        self._trouble: str | None = None
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def caught_up(self) -> bool:
        """Whether the table tells all that stood on the log when this process started.

        Also in a process that stands by. It falls again while a table is rebuilt.
        """
        try:
            current_at = self._table.position.current_at
        except TableError:
            return False
        began = self._began
        return current_at is not None and began is not None and current_at >= _by_now(*began)

    @property
    def lag(self) -> int | None:
        """How many records the table is behind; None: unknown, or another process projects."""
        return None if self._reading is None else self._reading.lag

    async def on_start(self) -> None:
        """Begin; the log is read in the background."""
        self._began = datetime.now(UTC), time.monotonic()
        self._task = asyncio.create_task(self._run(), name="projection")

    async def on_stop(self) -> None:
        """Write what has been taken, then let another process go on."""
        if self._task is not None:
            _, pending = await asyncio.wait({self._task}, timeout=_STOP_SECONDS)
            for task in pending:  # it waits for a broker
                task.cancel()
                await asyncio.wait({task})
        # First the last batch: until it is written nobody else may write.
        await asyncio.to_thread(self._thread.shutdown)
        self._lock.release()

    async def _run(self) -> None:
        while not self.should_stop:
            if not self._lock.held:
                self._table.projected_here = False
                if not await self._take_over():
                    await self.sleep(STANDBY_SECONDS)
                    continue
            await self._try_session()
            if not self.should_stop:
                await self.sleep(_RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS)) - 1])
        self._table.projected_here = False

    async def _take_over(self) -> bool:
        """Take the lock; False: another process has it, so read what that one writes."""
        store = self._table.store
        try:
            if not await in_thread(self._thread, store, _taken, store):
                return False
        except (TableError, OSError) as error:
            self._say_once(error)
            self._lock.release()
            return False
        self._table.projected_here = True
        log.info("table is written by this process", table=store.name)
        return True

    async def _try_session(self) -> None:
        """Fold until it is time to stop, or until something goes wrong."""
        try:
            async with session(self._settings, self._table, self._thread, self.counts) as under_way:
                try:
                    self._reading = under_way.reading
                    while not self.should_stop:
                        if await under_way.fold_next():
                            self._recovered()
                finally:
                    self._reading = None
        except (KafkaError, LogError, TableError, OSError, TimeoutError) as error:
            self._say_once(error)
            self._failures += 1
        except Exception:
            log.exception("table is not kept up to date: a fault; trying again")
            self._failures += 1

    def _say_once(self, error: Exception) -> None:
        """Log a trouble when it begins, not with every attempt to get over it."""
        trouble = f"{type(error).__name__}: {error}"
        if trouble != self._trouble:
            log.warning("table is not kept up to date, trying again", error=trouble)
        self._trouble = trouble

    def _recovered(self) -> None:
        if self._trouble is not None:
            log.info("table is kept up to date again")
        self._trouble, self._failures = None, 0


def _taken(store: Store) -> bool:
    """Take the lock of a store and see that it can be used; False: somebody else has it."""
    store.follow()
    if not store.lock.acquire():
        return False
    store.make_usable()
    return True


def _by_now(at: datetime, monotonic: float) -> datetime:
    """Return a moment as the clock tells it now, which may have been set back since."""
    return min(at, datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic))
