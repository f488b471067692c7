"""Looks: whether something has changed, a file or a table, is looked at once for many.

A look takes as long as a fifth of a request, and many requests come within a millisecond. So
what a look has found holds for that long. Whoever has changed something, and must be sure that
no process still goes by what was there before, waits that long before he says that it is done
(``settled``).
"""

import asyncio
import time

SECONDS = 0.001
"""For so long does a look hold."""

_EARLY_SECONDS = 0.002  # a loop may count in whole milliseconds, of a time that it read before


class Look:
    """The latest look at something. For the thread of the loop."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_due(self) -> bool:
        """Tell whether to look again; who is told so does it. Without a loop: always."""
        now = time.monotonic()
        if now < self._until:
            return False
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True
        # Counted from before the look, so that none holds longer than it should.
        self._until = now + SECONDS
        return True

    def end(self) -> None:
        """Let the next one who asks look again."""
        self._until = 0.0


async def settled() -> None:
    """Wait until no look holds any more that was taken before."""
    await asyncio.sleep(SECONDS + _EARLY_SECONDS)
