"""A process that is asked to stop ends, whatever is left running in it."""

import subprocess
import sys

ENDLESS = """
import asyncio, os, signal
from api.processes import stopping

stopping.STOP_SECONDS = 0.2

async def never_ends():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def main():
    async with stopping.Stopping():
        left_over = asyncio.create_task(never_ends())
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_task_that_ignores_its_end_does_not_keep_a_process_that_was_asked_to_stop() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "ended before everything had stopped" in ended.stderr
