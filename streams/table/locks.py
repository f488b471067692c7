"""The lock beside the table's file: of all processes on a data directory, one projects."""

import fcntl
from pathlib import Path
from typing import TextIO


class ProjectionLock:
    """Held by who writes the table. It falls with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        """path: of the lock's own file, which is made when it is missing and never removed."""
        self._path = path
        self._file: TextIO | None = None

    @property
    def held(self) -> bool:
        """Whether it is held here; once taken, it is until it is released."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock if it is free; False: somebody else writes the table."""
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let another process write; without effect when the lock is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None
