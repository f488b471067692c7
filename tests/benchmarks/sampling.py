"""Takes samples of processes that run, of a table that another process writes, and of disks."""

import os
import time

from schemas.executions import Status
from streams.settings import Settings
from streams.table.queries import ExecutionFilter
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.benchmarks import disk
from tests.benchmarks.processes import Cost
from tests.benchmarks.samples import HARNESS, Sample


class Sampler:
    """Takes samples. pids: of the processes, by name."""

    def __init__(self, settings: Settings, pids: dict[str, int]) -> None:
        self.table = Table(settings.data_dir / FILE_NAME)
        self._settings = settings
        self._pids = pids | {HARNESS: os.getpid()}
        self._began = time.monotonic()
        self._completed = 0
        self._cpu_seconds = {name: Cost(pid).cpu_seconds for name, pid in self._pids.items()}

    def completed(self) -> int:
        """Return how many executions the table tells as completed."""
        return self.table.executions(ExecutionFilter(status=Status.COMPLETED), per_page=1).total

    def take(self, sent: int, latencies: dict[str, tuple[float, float]]) -> Sample:
        """Take one: now, and since the one before."""
        completed = self.completed()
        costs = {name: Cost(pid) for name, pid in self._pids.items()}
        executions = max(1, completed - self._completed)
        cpu_ms = {
            name: 1_000 * (cost.cpu_seconds - self._cpu_seconds[name]) / executions
            for name, cost in costs.items()
        }
        self._completed = completed
        self._cpu_seconds = {name: cost.cpu_seconds for name, cost in costs.items()}
        return Sample(
            at_seconds=time.monotonic() - self._began,
            sent=sent,
            completed=completed,
            lag=sent - completed,
            rss_mib={name: cost.resident for name, cost in costs.items()},
            cpu_ms=cpu_ms,
            latencies=latencies,
            broker_mib=disk.log_bytes(self._settings.topic_prefix) / 2**20,
            table_mib=disk.bytes_of(self._settings.data_dir) / 2**20,
        )
