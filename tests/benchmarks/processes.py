"""What processes cost, as ``/proc`` says."""

import os
import time
from pathlib import Path


class Cost:
    """What a process costs by now: MiB of memory, seconds of processor."""

    def __init__(self, pid: int) -> None:
        folder = Path(f"/proc/{pid}")
        lines = folder.joinpath("status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        ticks = folder.joinpath("stat").read_text().rpartition(")")[2].split()[11:13]
        self.resident = int(status["VmRSS"].split()[0]) / 1024
        self.peak = int(status["VmHWM"].split()[0]) / 1024
        self.cpu_seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Return what a process has taken of the processor, exactly: ``/proc`` counts in hundredths."""
    # As clock_getcpuclockid(3) makes the clock of a process that is not this one.
    return time.clock_gettime(~pid << 3 | 2)


def broker_pid() -> int:
    """Return the process id of the Kafka that this process has started."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, children.read_text().split()):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "java":
                return pid
    raise AssertionError("this process has started no Kafka")
