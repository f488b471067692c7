"""The processes of a deployment that is measured, started as users start them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from subprocess import Popen

from streams.settings import Settings
from tests.benchmarks.processes import broker_pid
from tests.e2e import processes


def start(settings: Settings, workers: list[str], stack: ExitStack) -> dict[str, Popen[str]]:
    """Start workers, of each the agents that it runs, and an API; return them by name.

    What they log goes to files in the data directory.
    """
    logs = settings.data_dir
    started: dict[str, Popen[str]] = {}
    for number, agents in enumerate(workers, 1):
        worker = processes.spawn(
            settings, "worker", "--agents", agents, log=logs / f"worker-{number}.log"
        )
        stack.callback(processes.end, worker)
        started[f"worker {number} ({agents})"] = worker
    serving = ("api", "--api-port", "0", "--rate-limit", "0")
    api = processes.spawn(settings, *serving, log=logs / "api.log")
    stack.callback(processes.end, api)
    started["api"] = api
    return started


def pids(started: dict[str, Popen[str]]) -> dict[str, int]:
    """Return the ids of processes by name, that of the broker too."""
    return {"broker": broker_pid()} | {name: each.pid for name, each in started.items()}


@asynccontextmanager
async def running(
    settings: Settings, workers: list[str]
) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """Run them until the end of the block. Give the URL of the API, and the ids of all."""
    with ExitStack() as stack:
        started = start(settings, workers, stack)
        for each in started.values():
            assert each.stdout is not None
            said = await asyncio.to_thread(each.stdout.readline)
            assert said.startswith("ready"), said
        yield said.split()[1], pids(started)
