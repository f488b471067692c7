"""What hostile templates, expressions, conditions and findings take: ``… hostile``.

Of each the processor's time, the best of some rounds, and the memory at its peak; the dearest are
told. Held to: less than 100 ms and less than 10 MB each.
"""

import time
import tracemalloc
from collections.abc import Iterator

from tests.benchmarks.rows import Row, at_most
from tests.bombs import Bomb, bombs, set_off

SECONDS_BAR, MEGABYTES_BAR = 0.1, 10.0


def measure(rounds: int = 3, told: int = 5) -> Iterator[Row]:
    """Measure all of them, and tell those that take most."""
    seconds, megabytes = [], []
    for bomb in bombs():
        seconds.append((min(_seconds(bomb) for _ in range(rounds)), bomb))
        megabytes.append((_megabytes(bomb), bomb))
    count = len(seconds)
    for value, bomb in sorted(seconds, key=lambda each: -each[0])[:told]:
        name = f"of {count} hostile ones, {bomb.of}: {bomb.name}"
        yield Row(name, value * 1e3, "ms", bar=at_most(SECONDS_BAR * 1e3), rounds=rounds)
    for value, bomb in sorted(megabytes, key=lambda each: -each[0])[:told]:
        name = f"of {count} hostile ones, {bomb.of}: {bomb.name}"
        yield Row(name, value, "MB", bar=at_most(MEGABYTES_BAR))


def _seconds(bomb: Bomb) -> float:
    began = time.thread_time()
    set_off(bomb)
    return time.thread_time() - began


def _megabytes(bomb: Bomb) -> float:
    tracemalloc.start()
    try:
        set_off(bomb)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
