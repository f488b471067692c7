"""A wall clock that can be set, of processes that are started with it. Their waiting goes on.

What sets it is a small library of C that is preloaded (``clock.c``): so it is set for everything
in a process, whatever it is written in.
"""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """One that shows the time, until it is set."""

    def __init__(self, directory: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("a compiler is needed: cc")
        self._file = directory / "clock"
        self._file.write_bytes(bytes(8))
        library = directory / "clock.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self._file)}

    def set(self, ahead_seconds: float) -> None:
        """Let it show so much more than the time."""
        # In place: the processes have the file in their memory.
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", ahead_seconds))
