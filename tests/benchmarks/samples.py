"""Samples of a deployment that works for long: what it costs and how quick it is, now and then."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import inf
from statistics import median
from typing import Any

import orjson

HARNESS = "benchmark"
"""The name of this process among those that are looked at."""


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment, and since the sample before it.

    at_seconds: since the first finding was sent. lag: findings that no completed execution of
    the API's table is of yet. rss_mib, cpu_ms: of each process, the latter for an execution.
    latencies: p50 and p99 in ms. broker_mib, table_mib: on disk.
    """

    at_seconds: float
    sent: int
    completed: int
    lag: int
    rss_mib: dict[str, float]
    cpu_ms: dict[str, float]
    latencies: dict[str, tuple[float, float]]
    broker_mib: float
    table_mib: float

    def line(self) -> bytes:
        """Return it as a line of JSON."""
        return orjson.dumps(_rounded(asdict(self)), option=orjson.OPT_APPEND_NEWLINE)


Figure = Callable[[Sample], float]
"""Picks one figure of a sample."""


def sixth(samples: list[Sample], number: int) -> list[Sample]:
    """Return the samples of one sixth of the time, of which the first is number 1."""
    count = len(samples)
    return samples[count * (number - 1) // 6 : count * number // 6]


def cpu_ms(name: str) -> Figure:
    """Return what picks the processor's time of a process for an execution."""
    return lambda each: each.cpu_ms[name]


def rss_mib(name: str) -> Figure:
    """Return what picks the memory of a process."""
    return lambda each: each.rss_mib[name]


def p50_ms(name: str) -> Figure:
    """Return what picks the median of a latency; of one that has not come at all: without end."""
    return lambda each: each.latencies.get(name, (inf, inf))[0]


def p99_ms(name: str) -> Figure:
    """Return what picks the 99th percentile of a latency."""
    return lambda each: each.latencies.get(name, (inf, inf))[1]


def typical(samples: list[Sample], figure: Figure) -> float:
    """Return the median of a figure."""
    return median(map(figure, samples))


def _rounded(value: Any) -> Any:
    """Return what has as many digits as say something."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value
