"""Signals and the deadline: how what runs in this process is brought to its end.

SIGTERM and SIGINT ask it to stop: what is under way is finished, then it ends. A second one,
or the deadline, ends it at once; nothing is lost by that either, since every commit is a
transaction, but whoever takes over has to wait for the group to notice.
"""

import asyncio
import os
import signal
import sys
from typing import Any

STOP_SECONDS = 9.0
"""How long draining may take: who runs us waits 10 seconds before it kills."""

FAILED_SECONDS = 3.0
"""How long closing may take when a part has failed for good, which others may wait for."""


class Stopping:
    """A block that SIGTERM or SIGINT ends: its body is cancelled, which is no error.

    Made in the task that runs the body.
    """

    def __init__(self) -> None:
        self.asked = False
        self._task: asyncio.Task[Any] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "Stopping":
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        # Once asked, it holds until the loop has ended: what is still running then is cancelled
        # and waited for, and one task that does not end would keep the process for ever.
        if self._deadline is not None and not self.asked:
            self._deadline.cancel()
        return self.asked and kind is asyncio.CancelledError

    def set_deadline(self, seconds: float, reason: str) -> None:
        """End the process, saying why, if the block has not ended by then."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(seconds, _end_now, reason)

    def _ask(self) -> None:
        if self.asked or self._task is None:
            _end_now("asked twice")
        else:
            self.asked = True
            self._task.cancel()
            self.set_deadline(STOP_SECONDS, "it took too long")


def _end_now(reason: str) -> None:
    print(f"playbooks: ended before everything had stopped: {reason}", file=sys.stderr, flush=True)
    # The embedded broker dies with this process.
    os._exit(1)
