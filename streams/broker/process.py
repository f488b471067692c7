"""One Kafka process: started, waited for until it serves, stopped.

It is started from the thread of the event loop, and on Linux dies with that thread: who runs
a broker runs its loop in the main thread, or in one that lasts as long as the broker should.
"""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as ClientError

from streams.broker import addresses, java, storage
from streams.broker.errors import KafkaError

_POLL_SECONDS = 0.05

_START_SECONDS = 300.0
"""After a kill Kafka looks through the last segment of each partition first."""

_STOP_SECONDS = 5.0

_TAIL_LINES = 5


class KafkaProcess:
    """A Kafka process that serves, until it ends. Made by ``start``."""

    def __init__(self, process: Process, data_dir: Path, log_start: int) -> None:
        self._process = process
        self._data_dir = data_dir
        self._log_start = log_start
        self._ended = asyncio.create_task(process.wait(), name="wait for Kafka to end")

    @classmethod
    async def start(
        cls, data_dir: Path, class_path: str, ports: tuple[int, int], lock: int, *, lasting: bool
    ) -> "KafkaProcess":
        """Start Kafka and return when it serves.

        ports: the broker's and the controller's. lock: a descriptor that Kafka is to hold.
        lasting: it is to serve for long.
        Raises KafkaError when it ends instead, with what it said.
        """
        storage.configure(data_dir, *ports)
        log = storage.log_file(data_dir)
        command = java.command(class_path, "kafka.Kafka", "server.properties", lasting=lasting)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *java.bound(command),
                cwd=storage.home(data_dir),
                env=java.environment(),
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                # Ctrl-C is for the parent, which stops its clients first.
                start_new_session=True,
            )
            kafka = cls(process, data_dir, output.tell())
        try:
            await kafka._serving(ports[0])
        except BaseException:
            await kafka.kill()
            raise
        return kafka

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    async def ended(self) -> KafkaError:
        """Wait until the process ends, and return what is to be said about that."""
        await asyncio.wait({self._ended})
        return self._error(f"ended with code {self._ended.result()}")

    async def stop(self) -> None:
        """Let it close its files; kill it when that takes too long."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        await asyncio.wait({self._ended}, timeout=_STOP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End it at once; without effect when it has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.wait({self._ended})

    async def _serving(self, port: int) -> None:
        answered = asyncio.create_task(_answered(port), name="wait for Kafka to serve")
        try:
            await asyncio.wait(
                {answered, self._ended},
                timeout=_START_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._ended.done():
                raise await self.ended()
            if not answered.done():
                raise self._error(f"does not serve after {_START_SECONDS:.0f} seconds")
            answered.result()
        finally:
            answered.cancel()

    def _error(self, what: str) -> KafkaError:
        log = storage.log_file(self._data_dir)
        with log.open("rb") as file:
            # When the file has been begun anew meanwhile, all of it is of this process.
            file.seek(min(self._log_start, log.stat().st_size))
            lines = file.read().decode(errors="replace").splitlines()
        # Where in Kafka's code it happened is of no use to who reads this.
        said = [line for line in lines if line.strip() and not line.startswith("\tat ")]
        return KafkaError(what, log, said[-_TAIL_LINES:])


async def _answered(port: int) -> None:
    """Return when a broker answers on the port: an open one says nothing yet."""
    while True:
        try:
            _, writer = await asyncio.open_connection(addresses.HOST, port)
            writer.close()
            if await _has_broker(port):
                return
        except (OSError, ClientError, TimeoutError):
            pass
        await asyncio.sleep(_POLL_SECONDS)


async def _has_broker(port: int) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{addresses.HOST}:{port}")
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    finally:
        await admin.close()
