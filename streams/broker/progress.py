"""What is being done until the broker serves: told to whoever wants to show it."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[str], None]
"""Is called with what is being done now, as often as that changes; with "" when all is done."""

_PLAIN_SECONDS = 5.0


class ProgressLine:
    """Shows progress on a stream: one line that is written over, or, in a file, a few lines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """stream: standard error unless another is given."""
        self._stream = stream or sys.stderr
        self._shown_at = float("-inf")
        self._shown = ""

    def __call__(self, text: str) -> None:
        """Show ``text``."""
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()
        elif text and self._is_news(text):
            print(text, file=self._stream, flush=True)

    def _is_news(self, text: str) -> bool:
        """Tell whether it is another kind of work than before, or some time has passed."""
        kind = text.partition(":")[0]
        now = time.monotonic()
        if kind == self._shown and now - self._shown_at < _PLAIN_SECONDS:
            return False
        self._shown, self._shown_at = kind, now
        return True
