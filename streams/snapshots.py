"""The state of one partition of ``execution-commands``: its executions, as of the last commit.

Of each open one the snapshot is kept, as it was written; of those that were used last also
the execution that it says. So what waits for people or for a time costs its snapshot, nothing
more, and wakes when it is asked for. Of an ended one only the fact is remembered, for the
dedupe window: a repeated start or a late result is refused and told apart from a new one.
What a large one does is written as increments of its snapshot (``streams/increments.py``).
"""

import zlib
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import islice

import structlog

from engine import snapshots
from schemas.executions import ENDED, Ended, Execution
from streams import increments, restoring, snapshot_records, topics
from streams.batches import Batch
from streams.codecs import Headers
from streams.ended import EndedExecutions
from streams.increments import Account, Increment
from streams.settings import Settings
from streams.snapshot_records import Open
from streams.timers import Timers

DEDUPE_WINDOW = timedelta(hours=24)
"""How long an ended execution is remembered."""

AWAKE_MAX = 3_000
"""Executions per partition that are kept as they are too: some 5 KiB each. More than move at once
when findings wait (``streams/backlogs.py``): else each command would have one woken first."""

_LARGE_BYTES = 4_096
"""A snapshot that sleeps is compressed from here on: a finding may bring along whole pages. Of
a usual one, of 2 KiB, it would take longer to compress than all else that is done to wake it."""

_FORGOTTEN_MAX = 1_000
"""Ended executions forgotten per batch, so that no batch grows without bound."""

_AT_ONCE = 1_000
"""Ended executions that are noted together when they are restored."""

_JSON = b"{"
"""What a snapshot begins with, and nothing that is compressed does."""

log = structlog.get_logger(__name__)


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
        self._accounts: dict[str, Account] = {}
        self._following: dict[str, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._awake.keys() | self._snapshots.keys())

    @property
    def awake(self) -> int:
        """How many executions are kept as they are."""
        return len(self._awake)

    def get(self, execution_id: str) -> Execution | Ended | None:
        """Return what is known of an execution. One that sleeps is awake from then on."""
        if execution_id not in self._awake and execution_id in self._snapshots:
            self._awake[execution_id] = self._woken(execution_id)
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
        sequences: dict[str, int] = {}
        following: dict[str, list[Increment]] = defaultdict(list)
        async for value, known in restoring.latest(
            self._settings, topic_name, self._partition, _read
        ):
            # Ended ones are remembered, and later forgotten, in the order they ended.
            if isinstance(known, Ended):
                self._ending[known.id] = known
                if len(self._ending) >= _AT_ONCE:
                    self._remember()
            elif isinstance(known, Increment):
                following[known.execution_id].append(known)
            else:
                self._snapshots[known.id] = _asleep(value)
                self.timers.note(known.id, known.due_at)
                if known.sequence is not None:
                    sequences[known.id] = known.sequence
        self._remember()
        for execution_id in following.keys() & sequences.keys():
            self._follow(execution_id, sequences[execution_id], following[execution_id])

    def close(self) -> None:
        """Let go of what is kept outside of memory."""
        self._ended.close()

    def write(self, batch: Batch["PartitionExecutions"]) -> None:
        """Emit what the batch changed, and forget what ended long ago."""
        has_large = not self._accounts.keys().isdisjoint(self._changed)
        events = _events(batch) if has_large else {}
        for execution_id in self._changed:
            known = self.get(execution_id)
            if isinstance(known, Execution):
                self._write_open(batch, known, events.get(execution_id.encode(), []))
            elif known is not None:
                self._emit(batch, execution_id, snapshots.to_json(known))
                self._outdate(batch, execution_id)
        self._changed.clear()
        self._let_sleep()
        self._remember()
        for execution_id in self._ended.forget(batch.at - DEDUPE_WINDOW, _FORGOTTEN_MAX):
            self._emit(batch, execution_id, None)

    def _write_open(
        self, batch: Batch["PartitionExecutions"], execution: Execution, events: list[bytes]
    ) -> None:
        """Emit an increment if the execution is a large one, else its snapshot."""
        name, account = execution.id, self._accounts.get(execution.id)
        headers = snapshot_records.headers(execution, self.timers.due_at_of(name))
        if account is not None and account.fits(events):
            key = increments.key(name, account.add(events))
            headers += increments.headers(execution, events)
            self._emit(batch, key, increments.value(events), headers)
            return
        value = snapshots.to_json(execution)
        self._snapshots[name] = value
        self._emit(batch, name, value, headers)
        if (opened := increments.opened(value, account)) is not None:
            self._accounts[name] = opened

    def _outdate(self, batch: Batch["PartitionExecutions"], execution_id: str) -> None:
        """Delete the increments of an execution that has ended."""
        if (account := self._accounts.pop(execution_id, None)) is not None:
            for number in range(account.keys):
                self._emit(batch, increments.key(execution_id, number), None)

    def _follow(self, execution_id: str, sequence: int, found: list[Increment]) -> None:
        """Take over the increments of an execution that has been restored."""
        chain = increments.linked(sequence, found)
        if chain.lacks:
            where = {"partition": self._partition, "execution_id": execution_id}
            log.error("increments passed over", **where, error=chain.lacks)
        if chain.increments:
            self._following[execution_id] = [each.events for each in chain.increments]
            self.timers.note(execution_id, snapshot_records.due_at(chain.increments[-1].told))
        # The next one that is written is a snapshot: it outdates whatever is there.
        self._accounts[execution_id] = Account(increments.INCREMENTS_MAX, len(found), 0)

    def _remember(self) -> None:
        if self._ending:
            self._ended.remember(self._ending.values())
            self._ending.clear()

    def _woken(self, execution_id: str) -> Execution:
        snapshot = _execution(self._snapshots[execution_id])
        execution = increments.applied(snapshot, self._following.get(execution_id, ()))
        # Not before: without them it would be what it was long ago.
        self._following.pop(execution_id, None)
        return execution

    def _let_sleep(self) -> None:
        """Keep of those that were used longest ago the snapshots only, if there are too many."""
        for execution_id in list(islice(self._awake, max(0, len(self._awake) - AWAKE_MAX))):
            execution, account = self._awake.pop(execution_id), self._accounts.get(execution_id)
            if account is not None and account.count:
                self._snapshots[execution_id] = snapshots.to_json(execution)
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


def _read(key: str, value: bytes, headers: Headers) -> Open | Ended | Increment:
    told = dict(headers)
    return increments.read(value, told) or snapshot_records.read(key, value, told)


def _events(batch: Batch[PartitionExecutions]) -> dict[bytes, list[bytes]]:
    """Return the events of a batch as they are emitted, by the key of their execution."""
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for emission in batch.emissions:
        if emission.topic is topics.EXECUTION_EVENTS and emission.value is not None:
            found[emission.key].append(emission.value)
    return found


def _asleep(snapshot: bytes) -> bytes:
    """Return a snapshot as it is kept while its execution sleeps."""
    if len(snapshot) < _LARGE_BYTES or not snapshot.startswith(_JSON):
        return snapshot
    # The quickest level: the slowest one saves but a twentieth more.
    return zlib.compress(snapshot, level=1)


def _execution(kept: bytes) -> Execution:
    return snapshots.execution_from_json(kept if kept.startswith(_JSON) else zlib.decompress(kept))
