"""A world in which everything that can go wrong does, drawn from one seed.

Real are the engine and the shell around it (the agent, its state, the registry). Made up are
the log, the clock, and the crashes. First there is chaos; then the faults stop, people answer
what they are asked, time passes, and everything must come to its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any
from unittest import mock

from engine.playbooks import revision
from engine.timers import next_timer
from schemas.executions import ENDED
from schemas.messages import Message
from schemas.playbooks import Playbook, PlaybookDeleted, PlaybookPublished
from streams import (
    admissions,
    codecs,
    executions,
    increments,
    restoring,
    snapshots,
    topics,
)
from tests import playbooks
from tests.examples import NOON
from tests.simulation import storms
from tests.simulation.faults import UNKIND, Faults
from tests.simulation.ledger import Ledger, Violation
from tests.simulation.logs import Log, Record, run
from tests.simulation.owners import Owner, Registry
from tests.simulation.people import People
from tests.simulation.storms import Storm
from tests.simulation.workers import Workers

PARTITIONS = 3
STARTS = 8
MOMENTS = 300
"""Of chaos, in each of which one thing happens."""

KINDS = {"batch": 9, "act": 5, "start": 1.5, "meddle": 3, "time": 3, "publish": 0.1}
STORMY_KINDS = {"ask": 1.5, "limit": 0.2}
"""What may happen in a moment, and how often compared with the others."""

CIRCLE = "pb-circle"

PATIENCE = 5_000
"""Rounds after the chaos: an execution that has not ended then never will."""


class World:
    """One simulation. Raises Violation with its seed when something must not be."""

    def __init__(self, seed: int, faults: Faults = UNKIND) -> None:
        self.seed = seed
        self.log = Log(PARTITIONS)
        self.ledger = Ledger(self.log)
        self._random = Random(seed)
        self._faults = faults
        self._now = NOON
        self._published: list[Record] = []
        self._playbooks: list[PlaybookPublished] = []
        self._workers = Workers(self.log, self._random, faults)
        self._people = People(self.log, self._random, faults)
        # Not in every world: a storm leaves less of it to single executions and their steps.
        self._stormy = seed % 2 == 0
        self._storm = Storm(self.log, self._random, faults)
        self._counted: dict[str, PlaybookPublished] = {}
        self._owners: list[Owner] = []

    def run(self) -> None:
        """Live through it."""
        # Of any size, in some worlds: those of all their executions are small.
        large = (increments.SNAPSHOT_BYTES_MIN, 1, 1_500)[self.seed % 3]
        with _on(self.log), mock.patch.object(increments, "SNAPSHOT_BYTES_MIN", large):
            try:
                self._begin()
                for _ in range(MOMENTS):
                    self._moment()
                self._faults = Faults(owner=0.0, worker=0.0, double=0.0, skew_seconds=0.0)
                self._come_to_rest()
                for wrong in (*self.ledger.at_rest(), *self._storm.at_rest()):
                    raise Violation(wrong)
            except Exception as error:
                raise Violation(f"seed {self.seed}: {type(error).__name__}: {error}") from error

    def _begin(self) -> None:
        names = ["pb-2", "pb-1", "pb-0"]
        for index, name in enumerate(names):
            self._publish(playbooks.document(self._random, name, [*names[:index], "pb-missing"]))
        self._publish(_circle())
        inputs = [topics.EXECUTION_COMMANDS]
        if self._stormy:
            inputs.append(topics.ADMISSIONS)
            for name in storms.NAMES:
                self._count(storms.document(self._random, name))
        self._owners = [self._claimed(topic, n) for topic in inputs for n in range(PARTITIONS)]

    def _moment(self) -> None:
        """Let one thing happen."""
        self._workers.fetch()
        weights = KINDS | STORMY_KINDS if self._stormy else KINDS
        kind = self._random.choices(list(weights), list(weights.values()))[0]
        if kind == "batch":
            self._batch(self._random.choice(self._busy()))
        elif kind == "act" and self._workers.open:
            self._workers.act(self._now)
        elif kind == "start" and len(self._people.started) < STARTS:
            self._people.start(self._chosen(), self._now)
        elif kind == "ask" and self._storm.asked < storms.ASKS:
            asked = self._random.choice([storms.LIMITED, storms.LOOSE, storms.ONCE])
            self._storm.ask(self._counted[asked], self._now)
        elif kind == "meddle" and self.ledger.executions:
            self._people.meddle(list(self.ledger.executions.values()), self._now)
        elif kind == "time":
            self._now += timedelta(seconds=self._random.choice([0.1, 1, 5, 30]))
        elif kind == "publish":
            self._publish(playbooks.document(self._random, "pb-0", ["pb-1", "pb-2"]))
        elif kind == "limit":
            self._limit()

    def _limit(self) -> None:
        """Change how many may run at once; seldom, take the playbook away."""
        if self._random.random() < 0.2:
            deleted = PlaybookDeleted(playbook_id=storms.LOOSE, deleted_at=self._now)
            self._write(storms.LOOSE, deleted)
        else:
            self._count(storms.document(self._random, storms.LOOSE))

    def _busy(self) -> list[int]:
        """Return the owners that have something to do, all of them when none has."""
        owners = enumerate(self._owners)
        busy = [index for index, owner in owners if owner.has_work(self._now)]
        return busy or list(range(len(self._owners)))

    def _chosen(self) -> PlaybookPublished:
        """Return some revision of a playbook; seldom the one that calls itself."""
        circle, *others = sorted(self._playbooks, key=lambda each: each.playbook_id != CIRCLE)
        return circle if self._random.random() < 0.02 else self._random.choice(others)

    def _batch(self, index: int) -> None:
        owner = self._owners[index]
        crashes = self._random.random() < self._faults.owner
        crash: Any = None
        if crashes:
            crash = self._random.choice(["before the commit", "after the commit"])
        if crashes or owner.has_work(self._now):
            owner.work(self._now, self._random.choice([1, 2, 10]), crash)
        if crashes:
            self._owners[index] = self._claimed(owner.topic, owner.partition)
        elif self._stormy and self._random.random() < 0.3:
            run(owner.registry.catch_up())
        self._storm.check_places(self.ledger.executions)

    def _come_to_rest(self) -> None:
        if self._stormy:
            # A clock that goes on would start executions for ever.
            self._count(storms.document(self._random, storms.CLOCKED) | {"enabled": False})
        for owner in self._owners:
            owner.skew = timedelta()
            if self._stormy:
                run(owner.registry.catch_up())
        for _ in range(PATIENCE):
            self._workers.fetch()
            busy = [owner for owner in self._owners if owner.has_work(self._now)]
            for owner in busy:
                owner.work(self._now, 100, None)
                self._storm.check_places(self.ledger.executions)
            while self._workers.open:
                self._workers.act(self._now)
                busy = self._owners
            if not busy and not self._pass_time():
                return
        raise Violation("it does not come to rest")

    def _pass_time(self) -> bool:
        """Let people answer, then the next time come; False: nobody waits for either."""
        unended = [e for e in self.ledger.executions.values() if e.status not in ENDED]
        if self._people.settle(unended, self._now):
            return True
        due = [timer.due_at for e in unended if (timer := next_timer(e)) is not None]
        if due:
            self._now = max(self._now, min(due))
        return bool(due)

    def _claimed(self, topic: topics.Topic, partition: int) -> Owner:
        """Return a new owner: with a clock of its own, and behind in reading playbooks."""
        skew = timedelta(seconds=self._random.uniform(-1, 1) * self._faults.skew_seconds)
        read = self._random.randint(0, len(self._published))
        registry = Registry(self._published, read)
        admits = topic is topics.ADMISSIONS
        committed = self._storm.committed if admits else self.ledger.committed
        return Owner(self.log, topic, partition, registry, skew, committed)

    def _publish(self, document: dict[str, Any]) -> None:
        self._playbooks.append(self._written(document))

    def _count(self, document: dict[str, Any]) -> None:
        """Publish a playbook whose executions are counted."""
        published = self._written(document)
        self._counted[published.playbook_id] = published

    def _written(self, document: dict[str, Any]) -> PlaybookPublished:
        definition = Playbook.model_validate(document)
        published = PlaybookPublished(
            playbook_id=definition.id,
            revision=revision(definition),
            definition=definition,
            created_at=NOON,
            updated_at=self._now,
        )
        self._write(definition.id, published)
        return published

    def _write(self, playbook_id: str, record: Message) -> None:
        value = codecs.encode(record)
        self._published.append(self.log.append(topics.PLAYBOOKS, playbook_id.encode(), value, 0))


def _circle() -> dict[str, Any]:
    """Return a playbook that calls itself: eight deep, and no deeper."""
    call = {"id": "again", "type": "playbook", "playbook_id": CIRCLE}
    trigger = {"event": "finding.new"}
    common = {"id": CIRCLE, "name": "Circle", "version": "1.0.0", "trigger": trigger}
    return {**common, "steps": [call, {"id": "do", "type": "action", "action_ref": "act-do"}]}


@contextmanager
def _on(log: Log) -> Iterator[None]:
    """Let the real code read this log, keep little in memory, and say nothing of transitions."""

    async def partitions(*_: object) -> int:
        return log.partitions

    with (
        mock.patch.object(restoring.logs, "history", log.history),
        mock.patch.object(topics, "partitions", partitions),
        mock.patch.object(snapshots, "AWAKE_MAX", 2),
        mock.patch.object(executions, "log"),
        mock.patch.object(admissions, "log"),
    ):
        yield
