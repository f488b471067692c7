"""A deployment of real processes, any of which may be killed, or left for dead, at any time.

Each is started again when it has ended, as an init system does.
"""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from api.client import Client
from api.keys import admin
from streams import topics
from streams.broker import addresses
from streams.settings import load
from tests.api.cli.shell import COMMAND, Running, Shell
from tests.e2e.published import publish
from tests.streams.broker.processes import kafka_pid

KAFKA = "kafka"
"""The Java process under ``broker``, which starts it again by itself."""

BROKER = "broker"

SAID = {"PLAYBOOKS_LOG_LEVEL": "warning", "PLAYBOOKS_RATE_LIMIT": "0"}

PATIENCE_SECONDS = 120.0

_LOOK_SECONDS = 0.1


class Deployed:
    """Processes by name: ``broker``, ``worker-0``, ``api-0`` …

    settings: to reach them by. said: in the ready line of each, of an API its URL.
    """

    def __init__(
        self,
        directory: Path,
        broker_port: int,
        environment: Mapping[str, str],
    ) -> None:
        self.directory = directory
        self.said: dict[str, str] = {}
        self.restarts = 0
        self.settings = load(
            broker=f"{addresses.HOST}:{broker_port}",
            data_dir=directory / "api",
            partitions=4,
            retention="0",
        )
        self.settings.data_dir.mkdir(mode=0o700)
        self._broker_port = broker_port
        self.shell = Shell(
            SAID
            | {
                "PLAYBOOKS_BROKER": str(self.settings.broker),
                "PLAYBOOKS_DATA_DIR": str(self.settings.data_dir),
                "PLAYBOOKS_API_PORT": "0",
                "PLAYBOOKS_RETENTION": "0",
                "PLAYBOOKS_INSTANCE": f"faults-{broker_port}",
                # The remote sides of the tests are on this machine.
                "PLAYBOOKS_EGRESS_ALLOW": addresses.HOST,
            }
        )
        self._processes_shell = Shell(self.shell.settings | environment)
        self._running: dict[str, Running] = {}

    def start(self, name: str) -> Running:
        """Start a process. Its log is in the directory."""
        kind = name.partition("-")[0]
        if kind == BROKER:
            started = start_broker(self.directory, self._broker_port)
        else:
            started = Running(self._processes_shell, kind, log=self.directory / f"{name}.log")
        self.take_in(name, started)
        return started

    def take_in(self, name: str, running: Running) -> None:
        """Take charge of a process that somebody has started."""
        self._running[name] = running

    async def ready(self, name: str) -> str:
        """Wait for the ready line of a process, and return what it says: of an API its URL."""
        self.said[name] = await asyncio.to_thread(self._running[name].ready)
        return self.said[name]

    def take_away(self, name: str) -> None:
        """Kill a process, which is gone until somebody starts it."""
        self._running.pop(name).end()

    def pid(self, name: str) -> int:
        """Return the id of a process."""
        if name == KAFKA:
            return kafka_pid(self.directory / "broker")
        return self._running[name].process.pid

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process; it may have ended just now."""
        with suppress(ProcessLookupError):
            os.kill(self.pid(name), number)

    async def supervise(self) -> None:
        """Start again whatever has ended, as long as this runs."""
        while True:
            for name, running in list(self._running.items()):
                if running.process.poll() is not None:
                    running.end()
                    self.restarts += 1
                    self.start(name)
            await asyncio.sleep(_LOOK_SECONDS)

    def end(self) -> None:
        """Kill them all."""
        for name in sorted(self._running, reverse=True):
            self._running[name].end()

    @asynccontextmanager
    async def client(self, url: str) -> AsyncIterator[Client]:
        """Give a client of one of the APIs."""
        key = (self.settings.data_dir / admin.FILE_NAME).read_text().strip()
        async with Client(url, key) as client:
            yield client

    async def verified(self, events: int) -> Any:
        """Return what ``playbooks verify`` says once the table of the APIs has so many events."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                done = await asyncio.to_thread(
                    subprocess.run,
                    [COMMAND, "verify", "--json"],
                    env=self.shell.environment(),
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.stdout, done.stderr
                said = json.loads(done.stdout)
                if said["events"] >= events or not said["ok"]:
                    return said

    async def publish(self, document: dict[str, object]) -> None:
        """Publish a playbook."""
        await publish(self.settings, document)


def start_broker(directory: Path, port: int) -> Running:
    """Start a broker whose data and log are in the directory. port: 0, for any that is free."""
    shell = Shell(SAID | {"PLAYBOOKS_DATA_DIR": str(directory / BROKER)})
    log = directory / f"{BROKER}.log"
    return Running(shell, "broker", "--broker-port", str(port), log=log)


async def port_of(broker: Running) -> int:
    """Wait for the ready line of a broker, and return the port; it does not outlive a failure."""
    try:
        address = await asyncio.to_thread(broker.ready)
    except BaseException:
        broker.end()
        raise
    return int(address.rpartition(":")[2])


@asynccontextmanager
async def deployed(
    directory: Path,
    *names: str,
    environment: Mapping[str, str] = MappingProxyType({}),
    broker_port: int | None = None,
) -> AsyncIterator[Deployed]:
    """Run a broker and these processes; none of them outlives the block.

    environment: of the processes, further to their settings. broker_port: of one that runs.
    """
    broker: Running | None = None
    if broker_port is None:
        # It finds a port itself: one chosen here could be taken before it listens there.
        broker = start_broker(directory, 0)
        broker_port = await port_of(broker)
    deployment = Deployed(directory, broker_port, environment)
    supervision: asyncio.Task[None] | None = None
    try:
        if broker is not None:
            deployment.take_in(BROKER, broker)
        await topics.create(deployment.settings)
        for name in names:
            deployment.start(name)
        for name in names:
            await deployment.ready(name)
        supervision = asyncio.create_task(deployment.supervise())
        yield deployment
    finally:
        if supervision is not None:
            supervision.cancel()
            await asyncio.wait({supervision})
        deployment.end()
