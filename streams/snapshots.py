"""The state of one partition of ``execution-commands``: its executions, as of the last commit.

Of each open one the snapshot is kept, as it was written; of those that were used last also
the execution that it says. So what waits for people or for a time costs its snapshot, nothing
more, and wakes when it is asked for. Of an ended one only the fact is remembered, for the
dedupe window: a repeated start or a late result is refused and told apart from a new one.
"""

import zlib
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from engine import snapshots
from engine.timers import next_due_at
from schemas.executions import ENDED, Ended, Execution
from streams import restoring, topics
from streams.batches import Batch
from streams.codecs import Headers
from streams.ended import EndedExecutions
from streams.settings import Settings
from streams.timers import Timers

DEDUPE_WINDOW = timedelta(hours=24)
"""How long an ended execution is remembered."""

AWAKE_MAX = 2_000
"""Executions per partition that are kept as they are too: some 5 KiB each."""

_LARGE_BYTES = 4_096
"""A snapshot that sleeps is compressed from here on: a finding may bring along whole pages. Of
a usual one, of 2 KiB, it would take longer to compress than all else that is done to wake it."""

_FORGOTTEN_MAX = 1_000
"""Ended executions forgotten per batch, so that no batch grows without bound."""

_AT_ONCE = 1_000
"""Ended executions that are noted together when they are restored."""

_JSON = b"{"
"""What a snapshot begins with, and nothing that is compressed does."""

_DUE_AT = "due_at"
"""The header of a snapshot that says when something falls due next, empty: never. Who restores
it need not look into it before that; those of releases without it are looked into at once."""


class PartitionExecutions:
    """The executions of one partition, restored from and written to ``execution-snapshots``."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self.timers = Timers()
        self._settings = settings
        self._partition = partition
        self._awake: dict[str, Execution] = {}
        self._snapshots: dict[str, bytes] = {}
        self._ended = EndedExecutions()
        self._ending: dict[str, Ended] = {}
        self._changed: set[str] = set()
        self._written: dict[str, snapshots.Written] = defaultdict(snapshots.Written)

    def __len__(self) -> int:
        return len(self._awake.keys() | self._snapshots.keys())

    @property
    def awake(self) -> int:
        """How many executions are kept as they are."""
        return len(self._awake)

    def get(self, execution_id: str) -> Execution | Ended | None:
        """Return what is known of an execution. One that sleeps is awake from then on."""
        if execution_id not in self._awake and execution_id in self._snapshots:
            self._awake[execution_id] = _woken(self._snapshots[execution_id])
        if (execution := self._awake.get(execution_id)) is not None:
            return execution
        return self._ending.get(execution_id) or self._ended.get(execution_id)

    def put(self, execution: Execution) -> None:
        """Keep the execution as it is now."""
        self._changed.add(execution.id)
        # Popped first, so that the order is that of the last change.
        self._awake.pop(execution.id, None)
        if execution.status in ENDED:
            self._snapshots.pop(execution.id, None)
            self._written.pop(execution.id, None)
            self._ending[execution.id] = Ended.of(execution)
        else:
            self._awake[execution.id] = execution
        self.timers.watch(execution)

    def due_at(self) -> datetime | None:
        """Say when a timer of some execution falls due."""
        return self.timers.due_at()

    async def restore(self) -> None:
        """Read the snapshots of the partition."""
        topic_name = topics.EXECUTION_SNAPSHOTS.named(self._settings.topic_prefix)
        async for value, known in restoring.latest(
            self._settings, topic_name, self._partition, _read
        ):
            # Ended ones are remembered, and later forgotten, in the order they ended.
            if isinstance(known, Ended):
                self._ending[known.id] = known
                if len(self._ending) >= _AT_ONCE:
                    self._remember()
            else:
                self._snapshots[known.id] = _asleep(value)
                self.timers.note(known.id, known.due_at)
        self._remember()

    def close(self) -> None:
        """Let go of what is kept outside of memory."""
        self._ended.close()

    def write(self, batch: Batch["PartitionExecutions"]) -> None:
        """Emit a snapshot of what the batch changed, and forget what ended long ago."""
        for execution_id in self._changed:
            known = self.get(execution_id)
            if known is None:
                continue
            self._emit(batch, execution_id, *self._snapshot(known))
        self._changed.clear()
        self._let_sleep()
        self._remember()
        for execution_id in self._ended.forget(batch.at - DEDUPE_WINDOW, _FORGOTTEN_MAX):
            self._emit(batch, execution_id, None)

    def _remember(self) -> None:
        if self._ending:
            self._ended.remember(self._ending.values())
            self._ending.clear()

    def _snapshot(self, known: Execution | Ended) -> tuple[bytes, Headers]:
        if isinstance(known, Ended):
            return snapshots.to_json(known), []
        value = snapshots.to_json(known, self._written[known.id])
        self._snapshots[known.id] = value
        return value, _due_at_told(self.timers.due_at_of(known.id))

    def _let_sleep(self) -> None:
        """Keep of those that were used longest ago the snapshots only, if there are too many."""
        for execution_id in list(islice(self._awake, max(0, len(self._awake) - AWAKE_MAX))):
            del self._awake[execution_id]
            self._written.pop(execution_id, None)
            self._snapshots[execution_id] = _asleep(self._snapshots[execution_id])

    def _emit(
        self,
        batch: Batch["PartitionExecutions"],
        execution_id: str,
        value: bytes | None,
        headers: Headers | None = None,
    ) -> None:
        topic = topics.EXECUTION_SNAPSHOTS
        batch.emit(topic, execution_id, value, headers, partition=self._partition)


class _Open(NamedTuple):
    """What is looked at, of one that is open, when it is restored."""

    id: str
    due_at: datetime | None


def _read(execution_id: str, value: bytes, headers: Headers) -> _Open | Ended:
    told = dict(headers).get(_DUE_AT)
    begins = b'{"id":"%s",' % execution_id.encode()
    if told is not None and snapshots.is_open(value) and value.startswith(begins):
        return _Open(execution_id, datetime.fromisoformat(told.decode()) if told else None)
    known = snapshots.from_json(value)
    if known.id != execution_id:
        raise ValueError(f"it is of {known.id}")
    return known if isinstance(known, Ended) else _Open(known.id, next_due_at(known))


def _due_at_told(due_at: datetime | None) -> Headers:
    return [(_DUE_AT, b"" if due_at is None else due_at.isoformat().encode())]


def _asleep(snapshot: bytes) -> bytes:
    """Return a snapshot as it is kept while its execution sleeps."""
    if len(snapshot) < _LARGE_BYTES or not snapshot.startswith(_JSON):
        return snapshot
    # The quickest level: the slowest one saves but a twentieth more.
    return zlib.compress(snapshot, level=1)


def _woken(kept: bytes) -> Execution:
    return snapshots.execution_from_json(kept if kept.startswith(_JSON) else zlib.decompress(kept))
