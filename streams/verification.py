"""Verification: the log is folded afresh, from its beginning, and compared with the table.

The table is compared as of its own offsets: they and the rows are of one transaction, and
the log is read exactly so far. So nothing has to stand still meanwhile, and nothing has to
run but the broker.

    commands ─▶ causes ─┐
    events ─▶ history of each execution ─▶ what is wrong with the log
                    ├─▶ rows ─ compared ─ rows ◀─ table
                    └─▶ state ─ compared ─ snapshot
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import TopicPartition

from streams import causes, topics
from streams.causes import Causes
from streams.histories import Fault
from streams.restorations import Extent, Restorations
from streams.settings import Settings
from streams.table.comparison import Comparison
from streams.table.folding import Record
from streams.table.origins import Offsets, why_foreign
from streams.table.reading import Reading, reading
from streams.table.store import Connection
from streams.table.table import Table
from streams.table.writer import stored_origins

DIFFERENCES_MAX = 1_000
"""As many differences are listed; of more, only their number is told."""


@dataclass(frozen=True)
class Difference:
    """Where log and table disagree, or the log with itself.

    execution_id: empty when it is about none. what: the thing, as ``event 3: value: output``.
    expected: what the log says, or what a log must say; found: what stands there instead.
    """

    execution_id: str
    what: str
    expected: str
    found: str


@dataclass
class Verification:
    """What came out. events, executions: as many were read from the log.

    cut: executions whose first events retention has removed from the log; of these only the
    events that are left were compared. pruned: executions that retention has removed from the
    table. unread: how many offsets the log goes on behind what was compared.

    commands: as many stand on their topic. unjudged: of as many that events name nobody can tell
    whether they were there, since retention has removed those of their time. snapshots: as many
    were compared with what the events fold to. ahead: executions that have gone on since.
    forgotten: those that have ended too long ago to be remembered. eventless: those that
    retention has removed from the log (``streams/restorations.py``).
    """

    differences: list[Difference] = field(default_factory=list)
    differences_total: int = 0
    events: int = 0
    executions: int = 0
    cut: int = 0
    pruned: int = 0
    unread: int = 0
    commands: int = 0
    unjudged: int = 0
    snapshots: int = 0
    ahead: int = 0
    forgotten: int = 0
    eventless: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return self.differences_total == 0

    def note(self, execution_id: str, faults: Iterable[Fault]) -> None:
        """Add what is wrong with an execution."""
        for fault in faults:
            self.differences_total += 1
            if len(self.differences) < DIFFERENCES_MAX:
                self.differences.append(
                    Difference(execution_id, fault.what, fault.expected, fault.found)
                )


async def verify(settings: Settings, table: Table) -> Verification:
    """Return how the table differs from what the log folds to, and what is wrong with the log.

    Raises KafkaError when no broker can be reached, LogError when the topics are not there or
    nobody answers, TableError when the file cannot be read.
    """
    try:
        with table.snapshot() as rows:
            # Before the log is looked at: then the log cannot be the shorter one.
            origins = stored_origins(rows)
            async with reading(settings) as of_log:
                foreign = why_foreign(origins, of_log.cluster_id, of_log.ends)
                if foreign is None:
                    offsets = {place: offset for place, (_, offset) in origins.items()}
                    return await _compared(settings, of_log, rows, offsets)
    except table.store.errors as error:
        raise table.store.error(error) from error
    verification = Verification()
    verification.note("", [Fault("table", "made from this log", foreign)])
    return verification


async def _compared(
    settings: Settings, of_log: Reading, rows: Connection, offsets: Offsets
) -> Verification:
    verification = Verification()
    name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
    truncated = frozenset(p for p, at in of_log.begins.items() if p.topic == name and at > 0)
    # Read after the rows: whatever has caused one of them is there.
    commands = await _commands(settings)
    comparison = Comparison(rows, verification.note, name, truncated, commands)
    of_log.begin({})
    async for records in _up_to(offsets, of_log):
        await asyncio.to_thread(comparison.take, records)
    await asyncio.to_thread(comparison.finish)
    verification.events = comparison.events
    verification.executions = len(comparison.histories)
    verification.cut = sum(history.is_cut for history in comparison.histories.values())
    verification.pruned = comparison.pruned
    verification.unread = sum(end - offsets.get(place, 0) for place, end in of_log.ends.items())
    verification.commands = sum(map(len, commands.values()))
    verification.unjudged = sum(each.unjudged for each in commands.values())
    await _compare_snapshots(settings, verification, comparison, offsets)
    return verification


async def _commands(settings: Settings) -> defaultdict[int, Causes]:
    """Read the commands that are still kept."""
    async with reading(settings, topics.EXECUTION_COMMANDS) as of_commands:
        begins = of_commands.begins.items()
        found = causes.by_partition(place.partition for place, begin in begins if begin > 0)
        of_commands.begin({})
        async for records in _up_to(of_commands.ends, of_commands):
            await asyncio.to_thread(causes.take, found, records)
    return found


async def _compare_snapshots(
    settings: Settings, verification: Verification, comparison: Comparison, offsets: Offsets
) -> None:
    """Hold what would be restored against the histories."""
    restorations = Restorations(verification.note)
    # Read after the events: no snapshot of theirs is missing.
    async with reading(settings, topics.EXECUTION_SNAPSHOTS) as of_snapshots:
        of_snapshots.begin({})
        async for records in _up_to(of_snapshots.ends, of_snapshots):
            restorations.take(records)
    # Looked at after the snapshots: where nothing has come, none of them tells of more.
    async with reading(settings, topics.EXECUTION_EVENTS) as now:
        moved = [place for place, end in now.ends.items() if end > offsets.get(place, 0)]
    extent = Extent(
        frozenset(place.partition for place in comparison.truncated),
        frozenset(place.partition for place in moved),
    )
    await asyncio.to_thread(restorations.compare, comparison.histories, extent, datetime.now(UTC))
    verification.snapshots = restorations.compared
    verification.ahead = restorations.ahead
    verification.forgotten = restorations.forgotten
    verification.eventless = restorations.eventless


async def _up_to(offsets: Offsets, of_log: Reading) -> AsyncIterator[list[Record]]:
    """Yield what stands before the offsets, in portions."""
    while any(of_log.positions[place] < offset for place, offset in offsets.items()):
        taken = await of_log.take()
        of_log.check()
        yield [
            record
            for record in taken
            if record.offset < offsets.get(TopicPartition(record.topic, record.partition), 0)
        ]
