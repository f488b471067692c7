"""What has been read since something was last committed, remembered.

The same is asked again and again: how far the table has read, the execution that somebody
looks at. For the thread of the loop, and the one connection that it reads by.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from streams.table.store import Connection

T = TypeVar("T")

_MAX = 1_000
"""As many answers are remembered while nothing is committed."""


class Memory:
    """Remembers, of each name, what was read by it, until another connection commits."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._version: Hashable = None
        self._told: dict[Hashable, Any] = {}

    def told(
        self, connection: Connection, version: Hashable, name: Hashable, read: Callable[[], T]
    ) -> T:
        """Return what ``read`` returns, or returned under this name since the last commit.

        version: of the connection (``Store.version``).
        """
        if connection is not self._connection or version != self._version:
            self._connection, self._version = connection, version
            self._told.clear()
        elif len(self._told) > _MAX:
            self._told.clear()
        if name not in self._told:
            self._told[name] = read()
        found: T = self._told[name]
        return found
