"""Processes that hold the lock or project, to be killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.settings import Settings

ROOT = Path(__file__).parents[3]

HOLDER = """
import sys
from pathlib import Path
from streams.table.locks import ProjectionLock

lock = ProjectionLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""
"""A program that takes the lock, says whether it got it, and keeps it until it is killed."""

PROJECTOR = """
import asyncio, sys
from pathlib import Path
import structlog
from streams.settings import load
from streams.table.opening import opened
from streams.table.projection import Projection

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

async def main():
    broker, prefix, directory, table = sys.argv[1:]
    settings = load(
        broker=broker,
        topic_prefix=prefix,
        data_dir=Path(directory),
        retention="0",
        table=table or None,
    )
    table = opened(settings)
    await Projection(settings, table).start()
    while not table.projected_here:
        await asyncio.sleep(0.01)
    print("projects", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""A program that projects until it is killed."""


@contextmanager
def running(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the end of the block; it has said its first line before."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def projecting(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Project the deployment of ``settings`` in another process."""
    table = "" if settings.table is None else settings.table.get_secret_value()
    arguments = (str(settings.broker), settings.topic_prefix, str(settings.data_dir), table)
    with running(PROJECTOR, *arguments) as process:
        assert said(process) == "projects"
        yield process
