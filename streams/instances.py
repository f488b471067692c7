"""The name of a worker: its host and the lowest slot on it that no other worker holds.

A worker that is killed and started again gets the same name back, so that its groups
give it its partitions at once instead of waiting for the old one to be missed.
"""

import fcntl
import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TextIO

SLOTS_MAX = 1_000


class InstanceName:
    """A name held by a lock, which falls with the process however it ends."""

    def __init__(self, host: str, deployment: str) -> None:
        """deployment: what keeps apart the workers of different clusters on one host."""
        self._lock: TextIO
        digest = sha256(deployment.encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"playbooks-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        for slot in range(SLOTS_MAX):
            lock = (folder / f"{digest}-{slot}.lock").open("w")
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock = lock
                self.name = f"{host}-{slot}"
                return
            lock.close()
        raise RuntimeError(f"{SLOTS_MAX} workers run on {host} already: set PLAYBOOKS_INSTANCE")

    def release(self) -> None:
        """Give the name back."""
        self._lock.close()
