"""The lock on a data directory: of all brokers anywhere, one uses it.

The lock is handed down to the Kafka process too, so it falls when both are gone, however
they ended, and not before: neither a killed parent nor an orphan is mistaken for nobody.
"""

import asyncio
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any, TextIO

from streams.broker.errors import DirectoryInUseError, OrphanError

FILE = "broker.lock"

_RETRY_SECONDS = 0.05

_LOOK_SECONDS = 0.5
"""Whoever only looks whether the lock is held holds it for an instant."""

_DEATH_SECONDS = 5.0
"""A Kafka process whose parent has just been killed is about to go."""


class DirectoryLock:
    """Held by who starts the broker. It falls with the process and its Kafka."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._file: TextIO | None = None

    async def acquire(self) -> None:
        """Take the lock. Raises DirectoryInUseError, OrphanError when it is not to be had."""
        # Not truncated: what is in it tells who holds the lock until it is ours.
        file = (self._data_dir / FILE).open("a+")
        try:
            await self._take(file)
            file.truncate(0)
            json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
            file.flush()
        except BaseException:
            file.close()
            raise
        self._file = file

    async def _take(self, file: TextIO) -> None:
        waited_seconds = 0.0
        while not _taken(file, fcntl.LOCK_EX):
            file.seek(0)
            owner = _record(file.read())
            alive = _is_alive(owner)
            if waited_seconds > (_LOOK_SECONDS if alive else _DEATH_SECONDS):
                if alive:
                    raise DirectoryInUseError(self._data_dir, _described(owner))
                raise OrphanError(self._data_dir)
            await asyncio.sleep(_RETRY_SECONDS)
            waited_seconds += _RETRY_SECONDS

    def fileno(self) -> int:
        """Return the descriptor to hand down. Only while it is held."""
        if self._file is None:
            raise RuntimeError("the lock is not held")
        return self._file.fileno()

    def release(self) -> None:
        """Let another process use the directory; without effect when the lock is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_held(data_dir: Path) -> bool:
    """Tell whether any process uses the directory for a broker."""
    try:
        with (data_dir / FILE).open() as file:
            return not _taken(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _taken(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:  # it is being written
        return {}
    return record if isinstance(record, dict) else {}


def _described(owner: dict[str, Any]) -> str:
    if "pid" not in owner:
        return "another process"
    host = owner.get("host")
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"process {owner['pid']}{where}"


def _is_alive(owner: dict[str, Any]) -> bool:
    """Tell whether the process of the record runs; one of another host is taken to."""
    if owner.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(owner["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A process that has ended is still there until its parent has taken notice.
    try:
        stat = Path(f"/proc/{owner['pid']}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] != "Z"
