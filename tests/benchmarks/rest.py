"""The REST API on a table of a million executions: ``python -m tests.benchmarks rest``.

Four clients ask at once, each as soon as it has its answer. They are as simple as can be, so
that what is measured is the server; a bare aiohttp handler that answers with the same bytes is
measured between the rounds, on the same machine at the same time.
"""

import asyncio
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
from urllib.parse import urlsplit

from api.keys import admin
from api.processes import loops
from streams.settings import load
from tests.benchmarks import deployment, filling
from tests.benchmarks.filling import ASSETS, PLAYBOOKS, execution_id
from tests.benchmarks.rows import Row, compared, row

CLIENTS = 4
ROUNDS = 3
EXECUTIONS = "/api/playbooks/executions"
BARE = "bare handler"

Asked = Callable[[random.Random], str]
"""Makes the path of the next request."""


def measure(
    table_executions: int = 1_000_000, rest_seconds: float = 3.0, directory: str = ""
) -> Iterator[Row]:
    """Measure each kind of request for so many seconds, in each round.

    directory: of a table, to be filled once and kept.
    """
    with deployment.directory(Path(directory) if directory else None) as where:
        if not filling.is_filled(where, table_executions):
            filling.fill(load(data_dir=where), table_executions)
        figures = loops.run(_measured(where, table_executions, rest_seconds))
    bare = figures[BARE]
    yield compared(
        "GET one", "/s", figures["GET one"].a_second, f"{BARE}, same bytes", bare.a_second
    )
    for name, figure in figures.items():
        p50, p99 = figure.percentiles
        yield row(f"{name}: p50", "ms", [p50])
        yield row(f"{name}: p99", "ms", [p99])
        yield row(f"{name}, {CLIENTS} clients", "/s", figure.a_second)


@dataclass
class Figures:
    """What the requests of one kind took, in seconds, and how many a second there were."""

    latencies: list[float] = field(default_factory=list)
    a_second: list[float] = field(default_factory=list)

    @property
    def percentiles(self) -> tuple[float, float]:
        """p50 and p99, in milliseconds."""
        marks = quantiles(self.latencies, n=100)
        return 1e3 * marks[49], 1e3 * marks[98]


class Connection:
    """A connection that is kept, on which one request follows the other."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url)
        self._key = key

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(
            self._address.hostname, self._address.port
        )

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()

    async def get(self, path: str) -> bytes:
        """Return the body of an answer, which must be one of success."""
        return (await self.ask(path))[1]

    async def ask(self, path: str) -> tuple[bytes, bytes]:
        """Return the head and the body of an answer."""
        said = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self._key}\r\n\r\n"
        self._writer.write(said.encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path}: {head.decode()}")
        _, _, length = head.lower().partition(b"content-length: ")
        return head, await self._reader.readexactly(int(length.partition(b"\r\n")[0]))


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


async def load_on(url: str, key: str, asked: Asked, seconds: float, figures: Figures) -> None:
    """Let the clients ask for so long."""
    until = time.perf_counter() + seconds
    before = len(figures.latencies)

    async def client(number: int) -> None:
        chance = random.Random(time.time_ns() + number)
        connection = Connection(url, key)
        await connection.open()
        while (began := time.perf_counter()) < until:
            await connection.get(asked(chance))
            figures.latencies.append(time.perf_counter() - began)
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    figures.a_second.append((len(figures.latencies) - before) / (time.perf_counter() - began))


async def cursors_of(url: str, key: str, count: int) -> list[str]:
    """Return links to pages all over the list."""
    connection = Connection(url, key)
    await connection.open()
    paths = []
    for page in range(1, count // 100, max(1, count // 100 // 200)):
        head, _ = await connection.ask(f"{EXECUTIONS}?page={page}&per_page=20")
        link = head.partition(b"Link: <")[2].partition(b">")[0].decode()
        paths += [link] if link else []
    connection.close()
    return paths


async def _measured(directory: Path, count: int, seconds: float) -> dict[str, Figures]:
    """Measure everything, in rounds."""
    with serving("api", directory) as url:
        key = (directory / admin.FILE_NAME).read_text().strip()
        asked = kinds(count, await cursors_of(url, key, count))
        connection = Connection(url, key)
        await connection.open()
        file = directory / "answer.json"
        file.write_bytes(await connection.get(f"{EXECUTIONS}/{execution_id(count // 2)}"))
        connection.close()
        figures = {name: Figures() for name in (BARE, *asked)}
        with serving("bare", file) as bare:
            for number in range(ROUNDS + 1):
                for name, figure in figures.items():
                    # The first round warms up.
                    into = figure if number else Figures()
                    where = bare if name == BARE else url
                    wanted = asked.get(name, lambda _: "/")
                    await load_on(where, key, wanted, seconds, into)
    return figures


@contextmanager
def serving(kind: str, what: Path) -> Iterator[str]:
    """Run a server until the end of the block; give its URL."""
    command = [sys.executable, "-m", "tests.benchmarks.serving", kind, str(what)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()
