"""A cluster of several Kafka nodes on this machine, each a process that may be killed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiokafka.errors import KafkaError

from streams import topic_requests
from streams.broker import addresses, configuration, java, storage
from streams.broker.class_path import class_path
from streams.broker.progress import ProgressLine
from streams.settings import Settings, load

NODES = 3

PATIENCE_SECONDS = 120.0

_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"


class Cluster:
    """Nodes by number, from 0 on. Each record is on all of them, two of which must have it."""

    def __init__(self, directory: Path, class_path: str) -> None:
        self._directories = [directory / f"node-{number}" for number in range(NODES)]
        self._class_path = class_path
        self._ports = [addresses.free_port() for _ in range(2 * NODES)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        servers = ",".join(f"{addresses.HOST}:{port}" for port in self._ports[:NODES])
        self.settings: Settings = load(
            broker=servers,
            data_dir=directory,
            partitions=2,
            replication_factor=NODES,
            retention="0",
        )

    def format(self) -> None:
        """Make the directories of all nodes."""
        for number, directory in enumerate(self._directories):
            storage.prepare(directory)
            home = storage.home(directory)
            (home / "server.properties").write_text(self._properties(number))
            (home / "log4j2.properties").write_text(configuration.log4j_properties())
            arguments = ["--cluster-id", _CLUSTER_ID, "--config", "server.properties"]
            subprocess.run(
                java.command(self._class_path, "kafka.tools.StorageTool", "format", *arguments),
                cwd=home,
                env=java.environment(),
                check=True,
                capture_output=True,
            )

    def start(self, number: int) -> None:
        """Start a node; it dies with this process."""
        self._processes[number] = subprocess.Popen(
            java.bound(java.command(self._class_path, "kafka.Kafka", "server.properties")),
            cwd=storage.home(self._directories[number]),
            env=java.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, number: int) -> None:
        """Kill a node with SIGKILL."""
        process = self._processes.pop(number)
        process.kill()
        process.wait()

    def end(self) -> None:
        """Kill all of them."""
        for number in list(self._processes):
            self.kill(number)

    async def until_whole(self) -> None:
        """Wait until every node has every record."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            # Nobody tells.
            while not await self._is_whole():  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _is_whole(self) -> bool:
        with suppress(KafkaError, OSError):
            async with topic_requests.admin(self.settings) as admin:
                nodes = (await admin.describe_cluster())["brokers"]
                there = (await topic_requests.partitions(admin)).values()
                replicas = [place["isr"] for places in there for place in places]
                return len(nodes) == NODES and all(len(isr) == NODES for isr in replicas)
        return False

    def _properties(self, number: int) -> str:
        """Return what a node is told; what is said last counts."""
        controllers = self._ports[NODES:]
        voters = (f"{n}@{addresses.HOST}:{port}" for n, port in enumerate(controllers, 1))
        return configuration.server_properties(self._ports[number], controllers[number]) + (
            f"""
node.id={number + 1}
controller.quorum.voters={",".join(voters)}
offsets.topic.replication.factor={NODES}
transaction.state.log.replication.factor={NODES}
transaction.state.log.min.isr=2
min.insync.replicas=2
"""
        )


@asynccontextmanager
async def cluster(directory: Path) -> AsyncIterator[Cluster]:
    """Run a cluster; none of its nodes outlives the block."""
    nodes = Cluster(directory, await class_path(ProgressLine()))
    await asyncio.to_thread(nodes.format)
    try:
        for number in range(NODES):
            nodes.start(number)
        await nodes.until_whole()
        yield nodes
    finally:
        nodes.end()
