"""The REST API on a table of a million executions: ``python -m tests.benchmarks rest``.

Four clients ask at once, each as soon as it has its answer. They are as simple as can be, so
that what is measured is the server; a bare aiohttp handler that answers with the same bytes is
measured between the rounds, on the same machine at the same time.
"""

import argparse
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
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import orjson

from api.keys import admin
from streams.settings import load
from tests.benchmarks import filling
from tests.benchmarks.filling import ASSETS, PLAYBOOKS, execution_id

CLIENTS = 4
ROUNDS = 3
EXECUTIONS = "/api/playbooks/executions"

Asked = Callable[[random.Random], str]
"""Makes the path of the next request."""


@dataclass
class Figures:
    """What the requests of one kind took, in seconds, and how many a second there were."""

    latencies: list[float] = field(default_factory=list)
    a_second: list[float] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, float]:
        """The figures as they are printed: milliseconds, and requests a second."""
        marks = quantiles(self.latencies, n=100)
        return {
            "p50_ms": round(1e3 * marks[49], 2),
            "p99_ms": round(1e3 * marks[98], 2),
            "a_second": round(median(self.a_second)),
        }


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


async def measured(directory: Path, count: int, seconds: float) -> dict[str, Any]:
    """Measure everything, in rounds."""
    with serving("api", directory) as url:
        key = (directory / admin.FILE_NAME).read_text().strip()
        asked = kinds(count, await cursors_of(url, key, count))
        connection = Connection(url, key)
        await connection.open()
        file = directory / "answer.json"
        file.write_bytes(await connection.get(f"{EXECUTIONS}/{execution_id(count // 2)}"))
        connection.close()
        figures = {name: Figures() for name in ("bare handler", *asked)}
        with serving("bare", file) as bare:
            for number in range(ROUNDS + 1):
                for name, figure in figures.items():
                    # The first round warms up.
                    into = figure if number else Figures()
                    where = bare if name == "bare handler" else url
                    wanted = asked.get(name, lambda _: "/")
                    await load_on(where, key, wanted, seconds, into)
    shown = {name: figure.shown for name, figure in figures.items()}
    ratio = shown["GET one"]["a_second"] / shown["bare handler"]["a_second"]
    return {"executions": count, "clients": CLIENTS, "ratio": round(ratio, 2), "figures": shown}


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


def main(arguments: list[str]) -> None:
    """Measure, and print lines or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks rest", description=__doc__)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each kind, in each round")
    parser.add_argument("--directory", type=Path, help="of a table, to be filled once and kept")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as temporary:
        directory = asked.directory or Path(temporary)
        if not filling.is_filled(directory, asked.executions):
            filling.fill(load(data_dir=directory), asked.executions)
        import uvloop

        found = uvloop.run(measured(directory, asked.executions, asked.seconds))
    if asked.json:
        print(orjson.dumps(found).decode())
        return
    for name, figures in found["figures"].items():
        print(
            f"{name:24} p50 {figures['p50_ms']:6.2f} ms  p99 {figures['p99_ms']:6.2f} ms"
            f"  {figures['a_second']:7,.0f}/s"
        )
    print(f"GET one is {found['ratio']} of a bare handler that answers with the same bytes")
