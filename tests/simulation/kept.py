"""What stands on ``execution-snapshots``, key by key: what the next owner would restore."""

from collections import defaultdict
from collections.abc import Iterator

from schemas.executions import Ended, Execution
from streams import increments
from streams.codecs import Headers
from streams.increments import Increment


class Kept:
    """The latest record of each key, as compaction leaves it.

    written: how many increments there have been, of all executions.
    """

    def __init__(self) -> None:
        self.written = 0
        self._snapshots: dict[str, bytes | None] = {}
        self._increments: dict[str, dict[bytes, Increment]] = defaultdict(dict)
        self._of: dict[bytes, str] = {}

    def take(self, key: bytes, value: bytes | None, headers: Headers) -> None:
        """Take the next record."""
        increment = None if value is None else increments.read(value, dict(headers))
        if increment is not None:
            self.written += 1
            self._of[key] = increment.execution_id
            self._increments[increment.execution_id][key] = increment
        elif key in self._of:
            del self._increments[self._of.pop(key)][key]
        else:
            self._snapshots[key.decode()] = value

    def restored(self, execution_id: str) -> Execution | Ended | None:
        """Return what would be restored of an execution; None: nothing. ValueError: a gap."""
        snapshot = self._snapshots.get(execution_id)
        if snapshot is None:
            return None
        return increments.restored(snapshot, self._increments[execution_id].values())

    def executions(self) -> Iterator[str]:
        """Yield of which executions there is a snapshot, or was until it was forgotten."""
        yield from self._snapshots

    def left_over(self) -> set[str]:
        """Return which executions have increments though they have ended."""
        return {
            each
            for each, found in self._increments.items()
            if found and not isinstance(self.restored(each), Execution)
        }
