"""Where and how a figure was taken: without it, it says nothing."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

DURABILITY = (
    "Kafka 4.1 (KRaft, one node, replication factor 1) on the same machine; acks=all, "
    "transactions for all that agents write, read_committed; SQLite in WAL mode"
)


def environment() -> dict[str, Any]:
    """Return moment, machine and versions. load: processes that wanted a core as it began."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "cores": len(os.sched_getaffinity(0)) if _is_linux() else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "load": round(os.getloadavg()[0], 1),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "aiokafka": version("aiokafka"),
        "durability": DURABILITY,
    }


def shown(found: dict[str, Any]) -> str:
    """Return it in two lines."""
    return (
        f"{found['at']}, {found['cores']} cores, {found['memory_gib']} GiB, load {found['load']}, "
        f"{found['machine']}, Python {found['python']}, aiokafka {found['aiokafka']}\n"
        f"{found['durability']}"
    )


def _is_linux() -> bool:
    return hasattr(os, "sched_getaffinity")


def _memory_gib() -> int:
    """Return what there is; in a container, what it may have."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    said = limit.read_text().strip() if limit.exists() else "max"
    return round((there if said == "max" else min(there, int(said))) / 2**30)
