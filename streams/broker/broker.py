"""The embedded broker, from its first start to its last stop.

It is supervised: when its Kafka process dies, it is started again after a pause, on the same
port, and is not ready meanwhile. Clients bridge that by themselves.
"""

import asyncio
from pathlib import Path

import structlog

from streams.broker import addresses, jars, java, storage
from streams.broker.class_path import class_path
from streams.broker.errors import BrokerError, DirectoryError, KafkaError, OrphanError
from streams.broker.locks import DirectoryLock
from streams.broker.process import KafkaProcess
from streams.broker.progress import Progress, ProgressLine

log = structlog.get_logger(__name__)

FAILURES_MAX = 5
"""Failures in a row after which it is not started again."""

PAUSE_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Before the first restart, the second …"""

STEADY_SECONDS = 60.0
"""Who has served so long has not failed before."""

_PORT_ATTEMPTS = 3


class EmbeddedBroker:
    """A single-node Apache Kafka on a data directory, reachable from this machine only.

    Made and used within one event loop. It dies with the thread of that loop, however that
    ends (Linux; elsewhere it outlives a SIGKILL of its parent).
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 19092,
        progress: Progress | None = None,
        *,
        lasting: bool = False,
    ) -> None:
        """port: 0 takes any free one. progress: shows what is being done; default: stderr.

        lasting: it is to serve for long. It starts half a second later then, and is quicker once
        it has been at work for a minute.
        """
        self.failed: asyncio.Future[BrokerError] = asyncio.get_running_loop().create_future()
        """Done when the broker has failed for good; its result says why."""
        self._data_dir = data_dir
        self._port = port
        self._progress = progress or ProgressLine()
        self._lasting = lasting
        self._class_path = ""
        self._lock = DirectoryLock(data_dir)
        self._process: KafkaProcess | None = None
        self._supervision: asyncio.Task[None] | None = None
        self._ready = False

    @property
    def address(self) -> str:
        """Where it is, as bootstrap servers; of port 0 only when it has been started."""
        return f"{addresses.HOST}:{self._port}"

    @property
    def ready(self) -> bool:
        """Whether it serves now."""
        return self._ready

    async def start(self) -> str:
        """Start it, with whatever that takes, and return its address when it serves.

        Raises a BrokerError: the directory is in use, the port is taken, Kafka cannot be
        downloaded, there is no Java, or it ends again at once.
        """
        java.check()
        storage.prepare(self._data_dir)
        await self._acquire()
        try:
            if self._port:
                # Before anything that takes long.
                addresses.check_free(self._port)
            self._class_path = await class_path(self._progress)
            if not storage.is_formatted(self._data_dir):
                self._progress(f"formatting {self._data_dir}")
                await storage.format_data(self._data_dir, self._class_path)
            self._progress(f"starting Apache Kafka {jars.KAFKA_VERSION}")
            await self._serve()
        except BaseException:
            await self.stop()
            raise
        finally:
            self._progress("")
        self._supervision = asyncio.create_task(self._supervise(), name="supervise Kafka")
        return self.address

    async def stop(self) -> None:
        """Stop it; without effect when it does not run."""
        self._ready = False
        if self._supervision is not None:
            self._supervision.cancel()
            await asyncio.wait({self._supervision})
        if self._process is not None:
            await self._process.stop()
            addresses.remove(self._data_dir)
        self._lock.release()

    async def _acquire(self) -> None:
        try:
            await self._lock.acquire()
        except OrphanError:
            record = addresses.recorded(self._data_dir)
            raise OrphanError(self._data_dir, record[1] if record else None) from None

    async def _serve(self) -> None:
        """Start Kafka; return when it serves."""
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            port = self._port or addresses.free_port()
            addresses.check_free(port)
            ports = (port, addresses.free_port(apart_from=port))
            try:
                self._process = await KafkaProcess.start(
                    self._data_dir,
                    self._class_path,
                    ports,
                    self._lock.fileno(),
                    lasting=self._lasting,
                )
            except KafkaError as error:
                # Between looking and listening another program may take a port.
                if error.address_in_use and attempt < _PORT_ATTEMPTS:
                    continue
                raise
            self._port = port
            addresses.write(self._data_dir, self.address, self._process.pid)
            self._ready = True
            return

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while self._process is not None:
            began_at = loop.time()
            error: BrokerError | None = await self._process.ended()
            self._ready = False
            failures = 0 if loop.time() - began_at > STEADY_SECONDS else failures
            while error is not None:
                failures += 1
                if failures >= FAILURES_MAX:
                    log.error("broker failed", failures=failures, error=str(error))
                    self.failed.set_result(error)
                    return
                pause_seconds = PAUSE_SECONDS[failures - 1]
                log.warning("broker is restarted", in_seconds=pause_seconds, error=str(error))
                await asyncio.sleep(pause_seconds)
                error = await self._restart()

    async def _restart(self) -> BrokerError | None:
        """Start Kafka again; return what was wrong."""
        try:
            await self._serve()
        except BrokerError as error:
            return error
        except OSError as error:
            return DirectoryError(self._data_dir, str(error))
        log.info("broker serves again", address=self.address)
        return None
