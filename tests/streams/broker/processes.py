"""Processes of brokers, seen from outside."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.broker import addresses
from streams.broker.broker import EmbeddedBroker

ROOT = Path(__file__).parents[3]

Embedded = Callable[..., EmbeddedBroker]

PARENT = """
import asyncio, sys
from pathlib import Path
from streams.broker.broker import EmbeddedBroker

async def main():
    print(await EmbeddedBroker(Path(sys.argv[1]), port=0).start(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""A program that runs a broker on a directory until it is killed."""


@contextmanager
def running(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a broker in a process of its own, which is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(data_dir)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("127.0.0.1:")
            yield process
        finally:
            process.kill()


def kafka_pid(data_dir: Path) -> int:
    """Return the Kafka process of the broker that serves from a directory."""
    record = addresses.recorded(data_dir)
    assert record is not None
    return record[1]


def runs(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet missed does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def until(condition: Callable[[], bool], timeout_seconds: float = 60) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(timeout_seconds):
        while not condition():  # noqa: ASYNC110 (nobody tells when a process has ended)
            await asyncio.sleep(0.02)
