"""The REST API on a table of a million executions: ``python -m tests.benchmarks rest``.

Four clients ask at once, each as soon as it has its answer, for a quarter of a second; then
comes the next kind of request. A bare aiohttp handler that answers the first of them with the
same bytes has its turn in each round: both servers see the same moments of the machine. What a
request takes of the processor of its server says the same on a busy machine as on an idle one.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from api.keys import admin
from api.processes import loops
from streams.settings import load
from tests.benchmarks import deployment, filling
from tests.benchmarks.clients import Asked, connected, latencies
from tests.benchmarks.filling import ASSETS, PLAYBOOKS, execution_id
from tests.benchmarks.processes import processor_seconds
from tests.benchmarks.rows import Row, at_least, at_most, compared, row

CLIENTS = 4
SLICE_SECONDS = 0.25
WARMING_ROUNDS = 2
EXECUTIONS = "/api/playbooks/executions"
BARE = "bare handler"


def measure(
    table_executions: int = 1_000_000, rest_seconds: float = 5.0, directory: str = ""
) -> Iterator[Row]:
    """Measure each kind of request for so many seconds, in all.

    directory: of a table, to be filled once and kept.
    """
    with deployment.directory(Path(directory) if directory else None) as where:
        if not filling.is_filled(where, table_executions):
            filling.fill(load(data_dir=where), table_executions)
        figures = loops.run(_measured(where, table_executions, rest_seconds))
    bare, reference = figures[BARE], f"{BARE}, same bytes"
    for name in ("GET one", "GET any"):
        # The one that is asked for again and again is what the bar is about.
        is_held = name == "GET one"
        ours = figures[name]
        least, most = (at_least(0.5), at_most(2)) if is_held else (None, None)
        yield compared(name, "/s", ours.a_second, reference, bare.a_second, least)
        yield compared(f"{name}: processor", "µs", ours.processor, reference, bare.processor, most)
    for name, figure in figures.items():
        p50, p99 = figure.percentiles
        yield row(f"{name}: p50", "ms", [p50])
        yield row(f"{name}: p99", "ms", [p99])
        yield row(f"{name}, {CLIENTS} clients", "/s", figure.a_second)
        yield row(f"{name}: processor", "µs", figure.processor)


class Server(NamedTuple):
    """A server, and the key that its clients have."""

    url: str
    pid: int
    key: str


@dataclass
class Figures:
    """Of the requests of one kind. latencies: of each, in seconds; the rest: of each slice.

    a_second: requests. processor: microseconds of the server's that one takes.
    """

    latencies: list[float] = field(default_factory=list)
    a_second: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    async def measure(self, server: Server, asked: Asked) -> None:
        """Measure a slice."""
        began, used = time.perf_counter(), processor_seconds(server.pid)
        found = await latencies(server.url, server.key, asked, CLIENTS, SLICE_SECONDS)
        self.processor.append(1e6 * (processor_seconds(server.pid) - used) / len(found))
        self.a_second.append(len(found) / (time.perf_counter() - began))
        self.latencies += found

    @property
    def percentiles(self) -> tuple[float, float]:
        """p50 and p99, in milliseconds."""
        marks = quantiles(self.latencies, n=100)
        return 1e3 * marks[49], 1e3 * marks[98]


def kinds(count: int, cursors: list[str]) -> dict[str, Asked]:
    """Return what is asked, by name. count: of the executions there are."""

    def one(chance: random.Random) -> str:
        return f"{EXECUTIONS}/{execution_id(chance.randrange(count))}"

    def listed(query: Callable[[random.Random], str]) -> Asked:
        return lambda chance: f"{EXECUTIONS}?{query(chance)}"

    def day(chance: random.Random) -> str:
        moment = time.gmtime(time.time() - chance.randrange(1, 29 * 86_400))
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)

    return {
        "GET one": lambda _: f"{EXECUTIONS}/{execution_id(count // 2)}",
        "GET any": one,
        "GET steps": lambda chance: one(chance) + "/steps",
        "list": listed(lambda _: ""),
        "list status": listed(lambda c: f"status={c.choice(['completed', 'failed', 'paused'])}"),
        "list playbook_id": listed(lambda c: f"playbook_id=pb-{c.randrange(PLAYBOOKS)}"),
        "list finding_id": listed(lambda c: f"finding_id=f-{c.randrange(count)}"),
        "list asset_id": listed(lambda c: f"asset_id=a-{c.randrange(ASSETS)}"),
        "list trigger": listed(lambda c: f"trigger={c.choice(['manual', 'finding.new'])}"),
        "list dry_run": listed(lambda c: f"dry_run={c.choice(['true', 'false'])}"),
        "list since": listed(lambda c: f"since={day(c)}"),
        "list until": listed(lambda c: f"until={day(c)}"),
        "list status, playbook": listed(
            lambda c: f"status=failed&playbook_id=pb-{c.randrange(50)}"
        ),
        "cursor page": lambda chance: chance.choice(cursors),
        "approvals": lambda _: "/api/playbooks/approvals",
    }


async def cursors_of(server: Server, count: int) -> list[str]:
    """Return links to pages all over the list."""
    connection = await connected(server.url, server.key)
    paths = []
    for page in range(1, count // 100, max(1, count // 100 // 200)):
        answer = await connection.ask(f"{EXECUTIONS}?page={page}&per_page=20")
        link = answer.partition(b"Link: <")[2].partition(b">")[0].decode()
        paths += [link] if link else []
    connection.close()
    return paths


async def _measured(directory: Path, count: int, seconds: float) -> dict[str, Figures]:
    """Measure everything, in rounds."""
    with serving("api", directory) as (url, pid):
        server = Server(url, pid, (directory / admin.FILE_NAME).read_text().strip())
        asked = kinds(count, await cursors_of(server, count))
        connection = await connected(url, server.key)
        answer = await connection.ask(f"{EXECUTIONS}/{execution_id(count // 2)}")
        connection.close()
        file = directory / "answer.json"
        file.write_bytes(answer.partition(b"\r\n\r\n")[2])
        with serving("bare", file) as (url, pid):
            turns = {BARE: (Server(url, pid, server.key), asked["GET one"])}
            turns |= {name: (server, wanted) for name, wanted in asked.items()}
            figures = {name: Figures() for name in turns}
            for number in range(-WARMING_ROUNDS, max(2, round(seconds / SLICE_SECONDS))):
                for name, (of, wanted) in turns.items():
                    into = figures[name] if number >= 0 else Figures()
                    await into.measure(of, wanted)
    return figures


@contextmanager
def serving(kind: str, what: Path) -> Iterator[tuple[str, int]]:
    """Run a server until the end of the block; give its URL and the id of its process."""
    command = [sys.executable, "-m", "tests.benchmarks.serving", kind, str(what)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()
