"""When which execution of a partition has something due: a heap, no sleeping task."""

import heapq
from collections.abc import Iterator
from datetime import datetime

from engine.timers import next_due_at
from schemas.executions import Execution


class Timers:
    """The next due time of each execution, earliest first.

    An entry may be outdated: it then says too early a time, never too late a one, and the
    execution is looked at again. So a timer is never missed, and nothing has to be removed.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._known: dict[str, datetime] = {}

    def watch(self, execution: Execution) -> None:
        """Note when the execution next has something due."""
        self.note(execution.id, next_due_at(execution))

    def note(self, execution_id: str, due_at: datetime | None) -> None:
        """Note when something next falls due in an execution; None: never."""
        if due_at is None:
            self._known.pop(execution_id, None)
        elif self._known.get(execution_id) != due_at:
            self._known[execution_id] = due_at
            heapq.heappush(self._heap, (due_at, execution_id))

    def due_at_of(self, execution_id: str) -> datetime | None:
        """Return when something next falls due in an execution that is watched."""
        return self._known.get(execution_id)

    def due_at(self) -> datetime | None:
        """Return the earliest due time."""
        while self._heap:
            due_at, execution_id = self._heap[0]
            if self._known.get(execution_id) == due_at:
                return due_at
            heapq.heappop(self._heap)
        return None

    def due(self, at: datetime, most: int) -> Iterator[str]:
        """Take out and yield the executions that have something due by ``at``."""
        for _ in range(most):
            due_at = self.due_at()
            if due_at is None or due_at > at:
                return
            _, execution_id = heapq.heappop(self._heap)
            del self._known[execution_id]
            yield execution_id
