"""Five-step executions a second, to completion: ``python -m tests.benchmarks throughput``.

Workers and the process that keeps the table are started as users start them. The findings stand
on their topic before; time counts from the first row of the table to the last completed one. In
the same run the bare transactional loop (``bare.py``) says what Kafka and aiokafka alone can
do here: an execution takes six commands.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import orjson

from schemas.executions import Status
from streams.settings import Settings
from streams.table.queries import ExecutionFilter
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import bare, deployment
from tests.benchmarks.processes import Cost, broker_pid
from tests.e2e import processes
from tests.e2e.findings import findings, logging_playbook

STEPS = 5
COMMANDS = 1 + STEPS
"""Of an execution: the start, and the result of each step."""

WAIT_SECONDS = 600.0


async def bare_loop(address: str, prefix: str, commands: int) -> float:
    """Return the commands a second of the bare loop, in a process of its own."""
    await bare.prepare(address, prefix, commands)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.bare", address, prefix, str(commands)),
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return float(said)


async def completed(settings: Settings, count: int, workers: list[str]) -> dict[str, Any]:
    """Return how many executions a second are completed, and what each process costs for one.

    workers: for each worker process the agents that it runs.
    """
    with ExitStack() as stack:
        running = {}
        for number, agents in enumerate(workers):
            process = processes.spawn(settings, "worker", "--agents", agents)
            running[f"worker {number + 1} ({agents})"] = process
            stack.callback(processes.end, process)
        running["api"] = processes.spawn(settings, "api", "--api-port", "0")
        stack.callback(processes.end, running["api"])
        pids = {name: process.pid for name, process in running.items()}
        pids["broker"] = broker_pid()
        table = Table(settings.data_dir / FILE_NAME)
        stack.callback(table.close)
        await _until(table, ExecutionFilter(), 1)
        before = {name: Cost(pid) for name, pid in pids.items()}
        began = time.perf_counter()
        await _until(table, ExecutionFilter(status=Status.COMPLETED), count)
        seconds = time.perf_counter() - began
        after = {name: Cost(pid) for name, pid in pids.items()}
        milliseconds = {
            name: round(1000 * (after[name].cpu_seconds - before[name].cpu_seconds) / count, 3)
            for name in pids
        }
    return {"a_second": count / seconds, "cpu_ms_each": milliseconds}


async def _until(table: Table, asked: ExecutionFilter, count: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while table.executions(asked, per_page=1).total < count:
            await asyncio.sleep(0.05)


async def measured(count: int, commands: int, workers: list[str]) -> dict[str, Any]:
    """Measure both, one after the other, on one broker."""
    async with deployment.broker() as address:
        reference = await bare_loop(address, "bench-bare.", commands)
        async with deployment.deployment(address, "bench-throughput.") as (settings, registry):
            await deployment.publish(registry, [logging_playbook(STEPS)])
            await deployment.send_findings(settings, findings(count))
            found = await completed(settings, count, workers)
        again = await bare_loop(address, "bench-bare-2.", commands)
    loop = (reference + again) / 2
    ratio = found["a_second"] / (loop / COMMANDS)
    return found | {"executions": count, "bare_commands_a_second": [reference, again], "ratio": ratio}


def main(arguments: list[str]) -> None:
    """Measure, and print lines or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks throughput")
    parser.add_argument("--executions", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=60_000, help="of the bare loop")
    parser.add_argument(
        "--worker",
        action="append",
        metavar="AGENTS",
        help="a worker process with these agents; may be said several times",
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    workers = asked.worker or ["triggers,executions,steps"]
    found = asyncio.run(measured(asked.executions, asked.commands, workers))
    if asked.json:
        print(orjson.dumps(found).decode())
        return
    loop = sum(found["bare_commands_a_second"]) / 2
    print(f"five-step executions to completion: {found['a_second']:,.0f}/s")
    print(f"bare transactional loop: {loop:,.0f} commands/s, {loop / COMMANDS:,.0f} executions/s")
    print(f"ratio {found['ratio']:.2f}")
    for name, milliseconds in found["cpu_ms_each"].items():
        print(f"processor of {name}: {milliseconds:.2f} ms an execution")
