"""Causes: which commands events may name, for ``streams/verification.py``.

A command stands on ``execution-commands``, in the partition of its execution, or is a timer of
that execution. Each causes something once: its events follow each other, and it never comes back.

Commands are kept for a shorter time than events. Both stand in the order in which they were
carried out, so of each partition all events are judged from the first one on whose command is
still there.
"""

from collections import defaultdict
from collections.abc import Iterable

import orjson

from engine.identities import timer_command_id
from engine.timers import timers
from schemas.events import Event
from schemas.executions import Execution
from streams.table.folding import Record


class Causes:
    """The commands of one partition. unjudged: events that came before the first of them."""

    def __init__(self, *, is_whole: bool = True) -> None:
        """is_whole: retention has removed none."""
        self.unjudged = 0
        self._is_judged = is_whole
        self._known: set[int] = set()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, value: bytes | None) -> None:
        """Note a command; what is none has caused nothing."""
        try:
            said = orjson.loads(value or b"")
            # Their hashes: there may be millions.
            self._known.add(hash((said["execution_id"], said["id"])))
        except (ValueError, TypeError, KeyError):
            return

    def has(self, execution: Execution | None, event: Event) -> bool:
        """Tell whether what caused an event is known.

        execution: as it was before. None: it had not begun, or nobody can tell.
        """
        if hash((event.execution_id, event.command_id)) in self._known:
            self._is_judged = True
            return True
        if not self._is_judged:
            self.unjudged += 1
            return True
        if execution is None:
            return False
        return any(
            event.command_id == timer_command_id(execution.id, timer.name, timer.due_at.isoformat())
            for timer in timers(execution)
            if timer.due_at <= event.at
        )


def by_partition(truncated: Iterable[int]) -> defaultdict[int, Causes]:
    """Return no causes yet, by partition. truncated: of these retention has removed the first."""
    causes: defaultdict[int, Causes] = defaultdict(Causes)
    for partition in truncated:
        causes[partition] = Causes(is_whole=False)
    return causes


def take(causes: defaultdict[int, Causes], records: Iterable[Record]) -> None:
    """Note the commands of some records of ``execution-commands``."""
    for record in records:
        causes[record.partition].take(record.value)
