"""The lock on a data directory falls with whoever holds it, and with nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import locks
from streams.broker.broker import EmbeddedBroker
from streams.broker.errors import DirectoryInUseError, OrphanError
from streams.broker.locks import DirectoryLock
from tests.streams.broker.processes import ROOT

HANDS_DOWN_AND_ENDS = """
import asyncio, subprocess, sys
from pathlib import Path
from streams.broker import addresses
from streams.broker.locks import DirectoryLock

lock = DirectoryLock(Path(sys.argv[1]))
asyncio.run(lock.acquire())
heir = subprocess.Popen(["sleep", "60"], pass_fds=(lock.fileno(),), stdout=subprocess.DEVNULL)
addresses.write(Path(sys.argv[1]), "127.0.0.1:9", heir.pid)
print(heir.pid)
"""


async def test_only_one_holds_it(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    await lock.acquire()
    with pytest.raises(DirectoryInUseError, match=f"process {os.getpid()} runs a broker on"):
        await DirectoryLock(tmp_path).acquire()
    lock.release()
    other = DirectoryLock(tmp_path)
    await other.acquire()
    other.release()


async def test_whoever_looks_does_not_hold_it(tmp_path: Path) -> None:
    assert not locks.is_held(tmp_path)
    lock = DirectoryLock(tmp_path)
    await lock.acquire()
    assert locks.is_held(tmp_path)
    lock.release()
    assert not locks.is_held(tmp_path)
    await lock.acquire()
    lock.release()


@pytest.fixture
def heir(tmp_path: Path) -> Iterator[int]:
    """A process that was handed the lock by one that has ended."""
    ended = subprocess.run(
        [sys.executable, "-c", HANDS_DOWN_AND_ENDS, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pid = int(ended.stdout)
    yield pid
    os.kill(pid, signal.SIGKILL)


async def test_a_process_that_inherited_it_and_was_left_behind_is_named(
    tmp_path: Path, heir: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_DEATH_SECONDS", 0.1)
    with pytest.raises(OrphanError, match=f"stop it by `kill {heir}` and try again"):
        await EmbeddedBroker(tmp_path, port=0).start()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"pid": 1}', '{"pid": 1, "host": "other"}'])
async def test_a_holder_that_cannot_be_looked_at_is_taken_to_be_alive(
    tmp_path: Path, text: str
) -> None:
    lock = DirectoryLock(tmp_path)
    await lock.acquire()
    (tmp_path / locks.FILE).write_text(text)
    with pytest.raises(DirectoryInUseError):
        await DirectoryLock(tmp_path).acquire()
    lock.release()
