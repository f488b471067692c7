"""A disk that is slow for one process: each of its calls that write waits before it is made."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WRITES = {"fsync": 200_000, "fdatasync": 200_000, "pwrite64": 50_000}
"""How many microseconds each call takes longer: all pages to the disk, and one to the cache."""

DELAYED = "(DELAYED)"


@contextmanager
def slow_disk(pid: int, report: Path) -> Iterator[None]:
    """Slow down a process that runs, to the end of the block. report: of each call."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is needed")
    calls = ",".join(WRITES)
    delays = [
        word
        for call, microseconds in WRITES.items()
        for word in ("-e", f"inject={call}:delay_enter={microseconds}")
    ]
    with subprocess.Popen(
        [program, "-f", "-p", str(pid), "-e", f"trace={calls}", *delays, "-o", report],
        stderr=subprocess.PIPE,
        text=True,
    ) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not look at another process here: {said.strip()}")
        try:
            yield
        finally:
            tracer.terminate()
            tracer.stderr.close()
