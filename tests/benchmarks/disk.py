"""What a deployment takes on disk, while it is at work: files come and go meanwhile."""

import os
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.processes import broker_pid


def log_bytes(prefix: str) -> int:
    """Return what the topics of a deployment take on the broker's disk."""
    logs = Path(f"/proc/{broker_pid()}/cwd")
    return sum(bytes_of(each) for each in logs.rglob(f"{prefix}*") if each.is_dir())


def bytes_of(directory: Path) -> int:
    """Return what the files of a directory take on disk, which is less than they seem to."""
    found = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):
                found += 512 * Path(folder, name).stat().st_blocks
    return found
