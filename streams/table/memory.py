"""What has been read since something was last committed, remembered.

The same is asked again and again: how far the table has read, the execution that somebody
looks at. For the thread of the loop, and the one connection that it reads by.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from streams.looks import Look
from streams.table.store import Store

T = TypeVar("T")

_MAX = 1_000
"""As many answers are remembered while nothing is committed."""


class Memory:
    """Remembers, of each name, what was read by it, until another connection commits."""

    def __init__(self) -> None:
        self._version: Hashable = None
        self._told: dict[Hashable, Any] = {}
        self._seen = Look()

    def told(self, store: Store, name: Hashable, read: Callable[[], T]) -> T:
        """Return what ``read`` returns, or returned under this name since the last commit.

        A commit of another process shows within ``looks.SECONDS``.
        """
        if self._seen.is_due():
            self._look(store)
        version = self._version
        if name in self._told:
            known: T = self._told[name]
            return known
        found = read()
        # Reading it may have asked for something else, and found that there was a commit.
        if version == self._version:
            self._told[name] = found
        return found

    def look_again(self) -> None:
        """Look for commits before the next answer, also if that has just been done."""
        self._seen.end()

    def _look(self, store: Store) -> None:
        """Forget everything if something has been committed, or is read from elsewhere."""
        reader = store.reader()
        version = (reader, store.version(reader))
        if version != self._version or len(self._told) > _MAX:
            self._version = version
            self._told.clear()
