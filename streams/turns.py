"""Turns of the event loop: what everybody who is served in one of them may share.

What a turn serves had come before it began. So what is looked up once in a turn, whether a file
has changed for example, is as current for all of them as if each had looked for itself.
"""

import asyncio


class Turn:
    """The turn that is under way. For the thread of the loop."""

    def __init__(self) -> None:
        self._is_known = False

    def is_new(self) -> bool:
        """Tell whether nobody has asked in this turn before. Without a loop: always."""
        if self._is_known:
            return False
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return True
        self._is_known = True
        loop.call_soon(self.end)
        return True

    def end(self) -> None:
        """Let the next one who asks be the first again."""
        self._is_known = False
