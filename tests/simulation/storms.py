"""Storms: many executions of few playbooks, which are counted before they start.

Events ask for them, schedules fire, limits change meanwhile; and what was counted is counted
again here, from the log alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from engine.steps.playbooks import DEPTH_MAX
from schemas.admissions import AdmitExecution, DedupeKey, ReleasePlace, ThrottleKey
from schemas.commands import QueueExecution, StartExecution
from schemas.executions import ENDED, Execution, Status
from schemas.playbooks import PlaybookPublished
from streams import codecs, topics
from streams.batches import Emission
from tests import playbooks
from tests.examples import FINDING, NOON
from tests.simulation.faults import Faults
from tests.simulation.ledger import Violation
from tests.simulation.logs import Log, Record

NAMES = LIMITED, LOOSE, ONCE, CLOCKED = "pb-limited", "pb-loose", "pb-once", "pb-clocked"
PLACES = 2
"""Of ``pb-limited``, always; those of ``pb-loose`` change."""

ASKS = 7
STEPS = 2
WINDOW = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)


def document(random: Random, playbook_id: str) -> dict[str, Any]:
    """Return a playbook of this name as somebody might write it now."""
    trigger: dict[str, Any] = {"event": "finding.new"}
    if playbook_id == CLOCKED:
        trigger = {"event": "schedule", "cron": "* * * * *", "max_running": 1}
    elif playbook_id == LIMITED:
        trigger["max_running"] = PLACES
    elif playbook_id == LOOSE and random.random() < 0.8:
        trigger["max_running"] = random.choice([1, 1, 2, 3])
    return playbooks.document(random, playbook_id, (), STEPS) | {"trigger": trigger}


class Storm:
    """Whoever asks, and who counts along. Raises Violation."""

    def __init__(self, log: Log, random: Random, faults: Faults) -> None:
        self.asked = 0
        self._log = log
        self._random = random
        self._faults = faults
        self._started: set[str] = set()
        self._queued: dict[str, list[str]] = defaultdict(list)
        self._released: set[str] = set()
        self._windows: dict[str, datetime] = {}
        self._keys: dict[str, str] = {}
        self._fired = NOON

    def ask(self, playbook: PlaybookPublished, now: datetime) -> None:
        """Let an event ask for an execution of a playbook."""
        self.asked += 1
        skew = timedelta(seconds=self._random.uniform(-1, 1) * self._faults.skew_seconds)
        start = StartExecution(
            id=f"asked-for-{self.asked}",
            execution_id=f"pexec-asked-{self.asked}",
            at=now + skew,
            playbook_id=playbook.playbook_id,
            playbook_revision=playbook.revision,
            trigger="finding.new",
            event=FINDING,
            # Some are refused once they have their place, and must give it back.
            depth=self._random.choice([0] * 9 + [DEPTH_MAX + 1]),
        )
        dedupe = throttle = None
        if playbook.playbook_id == ONCE:
            key = self._random.choice("ab")
            self._keys[start.id] = key
            dedupe = DedupeKey(key=key, window_seconds=WINDOW.total_seconds())
            throttle = ThrottleKey(key="", limit=2, per_seconds=60)
        asked = AdmitExecution(
            id=start.id,
            playbook_id=playbook.playbook_id,
            at=start.at,
            start=start,
            dedupe=dedupe,
            throttle=throttle,
        )
        for _ in range(2 if self._random.random() < self._faults.double else 1):
            key_bytes = playbook.playbook_id.encode()
            self._log.append(topics.ADMISSIONS, key_bytes, codecs.encode(asked))

    def committed(
        self, partition: int, records: list[Record], emissions: list[Emission], _: object
    ) -> None:
        """Take in what one transaction of the admission agent wrote."""
        asked: Counter[str] = Counter()
        for record in records:
            command = codecs.decode_admission(record.value or b"")
            if isinstance(command, ReleasePlace):
                self._released.add(command.execution_id)
            else:
                asked[command.id] += 1
        answered: Counter[str] = Counter()
        for emission in emissions:
            value = emission.value or b""
            if emission.topic is topics.REJECTIONS:
                answered[codecs.decode_rejection(value).command_id] += 1
            elif emission.topic is topics.EXECUTION_COMMANDS:
                told = codecs.decode_command(value)
                answered[told.id] += 1
                if isinstance(told, QueueExecution):
                    self._queued[told.playbook_id].append(told.execution_id)
                    self._count(told)
                elif isinstance(told, StartExecution):
                    self._start(told)
            elif emission.topic is not topics.ADMISSION_SNAPSHOTS:
                raise Violation(f"a dead letter: {value.decode()}")
        for command_id, times in asked.items():
            _demand(answered[command_id] == times, (command_id, "answered", answered))

    def check_places(self, executions: Mapping[str, Execution]) -> None:
        """See that no more run at once than may."""
        running = [
            each.id
            for each in executions.values()
            if each.playbook_id == LIMITED
            and each.admitted
            and each.status is not Status.PENDING
            and each.status not in ENDED
        ]
        _demand(len(running) <= PLACES, ("more than may run at once", running))

    def at_rest(self) -> Iterator[str]:
        """Yield what is wrong now that nothing moves any more."""
        latest = {r.key: r.value for r in self._log.all(topics.ADMISSION_SNAPSHOTS)}
        for key, value in latest.items():
            if value is not None and "place" in orjson.loads(value):
                yield f"a place is left behind: {key.decode()}"
        for queued in self._queued.values():
            for execution_id in queued:
                if execution_id not in self._started | self._released:
                    yield f"{execution_id} still waits"

    def _start(self, start: StartExecution) -> None:
        """Each once; of those that waited, no one before those that have waited longer."""
        # What is delivered again once nothing of it counts any more is for the execution to refuse.
        again = start.execution_id in self._started and start.playbook_id != ONCE
        _demand(not again, ("started twice", start))
        self._started.add(start.execution_id)
        queued = self._queued[start.playbook_id]
        if start.execution_id not in queued:
            self._count(start)
            return
        for earlier in queued[: queued.index(start.execution_id)]:
            _demand(earlier in self._started | self._released, ("passed over", earlier, start))

    def _count(self, told: StartExecution | QueueExecution) -> None:
        """See that an execution that is new may be."""
        key = self._keys.get(told.id)
        if key is not None:
            before = self._windows.get(key)
            _demand(before is None or told.at >= before + WINDOW, ("within the window", told))
            self._windows[key] = told.at
        if told.trigger == "schedule" and told.event is not None:
            due_at = datetime.fromisoformat(told.event["timestamp"])
            missed = told.event["data"]["missed"]
            _demand(due_at == self._fired + MINUTE * (1 + missed), ("fired", self._fired, told))
            self._fired = due_at


def _demand(holds: bool, told: object) -> None:
    if not holds:
        raise Violation(str(told))
