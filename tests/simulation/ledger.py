"""What must hold of every transaction that commits, and of the log when all has come to rest.

The ledger is a reader of the log like any other: it folds events as they are on the wire, and
compares with the snapshots, requests and commands that committed with them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from schemas.actions import ActionRequest
from schemas.commands import Command, CompleteStep, FailStep, StartExecution
from schemas.events import Event, StepStarted
from schemas.executions import ENDED, Ended, Execution
from streams import codecs, topics
from streams.batches import Emission
from streams.publishing import partition_of
from tests.evolutions import followed
from tests.simulation.kept import Kept
from tests.simulation.logs import Log, Record

GIVEN_UP = ("StepFailed", "StepCancelled", "StepRetryScheduled")


class Violation(AssertionError):
    """Something happened that must never happen."""


class Ledger:
    """All executions as their events say, and what has been asked and reported in their name."""

    def __init__(self, log: Log) -> None:
        self.executions: dict[str, Execution] = {}
        self.events = 0
        self.kept = Kept()
        self._log = log
        self._requested: set[str] = set()
        self._reported: Counter[tuple[str, str, int, int]] = Counter()

    def committed(
        self, partition: int, records: list[Record], emissions: list[Emission], _: object
    ) -> None:
        """Take in what one transaction wrote. Raises Violation."""
        happened: dict[str, list[Event]] = defaultdict(list)
        requests: list[ActionRequest] = []
        commands: list[Command] = []
        answered: set[str] = set()
        for emission in emissions:
            value = emission.value or b""
            if emission.topic is topics.EXECUTION_EVENTS:
                event = codecs.decode_event(value)
                happened[event.execution_id].append(event)
                answered.add(event.command_id)
                _demand(partition_of(emission.key, self._log.partitions) == partition, emission)
            elif emission.topic is topics.ACTION_REQUESTS:
                requests.append(codecs.decode_request(value))
            elif emission.topic is topics.EXECUTION_COMMANDS:
                commands.append(codecs.decode_command(value))
            elif emission.topic is topics.REJECTIONS:
                answered.add(codecs.decode_rejection(value).command_id)
            elif emission.topic is topics.EXECUTION_SNAPSHOTS:
                self.kept.take(emission.key, emission.value, emission.headers)
            elif emission.topic is not topics.ADMISSIONS:
                raise Violation(f"a dead letter: {value.decode()}")
        for record in records:
            command = codecs.decode_command(record.value or b"")
            _demand(command.id in answered, ("neither events nor a rejection", command))
        for execution_id, events in happened.items():
            self._follow(execution_id, events)
            self._compare(execution_id)
        self._check_requests(happened, requests)
        self._check_children(happened, commands)

    def at_rest(self) -> Iterator[str]:
        """Yield what is wrong now that nothing moves any more."""
        for execution in self.executions.values():
            if execution.status not in ENDED:
                yield f"execution {execution.id} has not ended: it is {execution.status}"
            parent = execution.parent
            if parent is not None and parent.waits:
                key = (parent.execution_id, parent.step_id, parent.visit, parent.attempt)
                if self._reported[key] != 1:
                    yield f"{self._reported[key]} reports to {key} of {execution.id}"
        for topic in (topics.EXECUTION_COMMANDS, topics.ADMISSIONS):
            if unread := self._log.unread(topic):
                yield f"{unread} of {topic.name} were not taken"
        yield from self._snapshots()

    def _snapshots(self) -> Iterator[str]:
        kept = set(self.kept.executions())
        for execution_id in kept:
            restored = self.kept.restored(execution_id)
            if restored is not None and restored != self._known(execution_id):
                yield f"the last snapshot of {execution_id} is not what its events fold to"
        if missing := self.executions.keys() - kept:
            yield f"no snapshot of {missing}"
        if left_over := self.kept.left_over():
            yield f"increments of {left_over}, which have ended"

    def _follow(self, execution_id: str, events: list[Event]) -> None:
        """Fold what happened, event by event."""
        execution, wrong = followed(self.executions.get(execution_id), events)
        if wrong:
            raise Violation(f"{execution_id}: {wrong[0]}")
        if execution is not None:
            self.events += len(events)
            self.executions[execution_id] = execution

    def _compare(self, execution_id: str) -> None:
        _demand(self.kept.restored(execution_id) == self._known(execution_id), execution_id)

    def _known(self, execution_id: str) -> Execution | Ended:
        execution = self.executions[execution_id]
        return Ended.of(execution) if execution.status in ENDED else execution

    def _check_requests(
        self, happened: dict[str, list[Event]], requests: list[ActionRequest]
    ) -> None:
        """Every action that was left running has been asked for, once, and no other."""
        running = {
            start.id
            for start, fate in _starts(happened)
            if start.action_ref is not None and fate is None
        }
        asked = [request.id for request in requests]
        _demand(sorted(asked) == sorted(running), ("requests", asked, running))
        _demand(self._requested.isdisjoint(asked), ("asked twice", asked))
        self._requested.update(asked)

    def _check_children(self, happened: dict[str, list[Event]], commands: list[Command]) -> None:
        """Every execution that a step stands for has been started once; reports are counted."""
        starts = Counter(c.execution_id for c in commands if isinstance(c, StartExecution))
        for start, fate in _starts(happened):
            if start.child_id is not None:
                expected = 0 if fate in GIVEN_UP else 1
                _demand(starts[start.child_id] == expected, ("child", start))
        for command in commands:
            if isinstance(command, CompleteStep | FailStep):
                key = (command.execution_id, command.step_id, command.visit, command.attempt)
                self._reported[key] += 1

    def last_change(self) -> datetime | None:
        """Return when something last happened."""
        return max((each.changed_at for each in self.executions.values()), default=None)


def _starts(happened: dict[str, list[Event]]) -> Iterator[tuple[StepStarted, str | None]]:
    """Yield each start of a step, and the type of what then happens to it in one decision."""
    for events in happened.values():
        for index, event in enumerate(events):
            if isinstance(event, StepStarted):
                same = (
                    later.type
                    for later in events[index + 1 :]
                    if later.command_id == event.command_id
                    and not later.type.startswith("Execution")
                    and getattr(later, "step_id", None) == event.step_id
                )
                yield event, next(same, None)


def _demand(holds: bool, told: object) -> None:
    if not holds:
        raise Violation(str(told))
