"""What an event costs to be matched: ``python -m tests.benchmarks matching``.

Against 50 and 10,000 playbooks, of which the same number match. Both are timed in turn, many
times over, and the best time of each counts: the ratio is of the work, not of the moment.
"""

import time
from collections.abc import Iterator

from engine.triggers import TriggerIndex
from tests.benchmarks.rows import Row, at_most
from tests.triggers import MATCHING, finding, triggers

FEW, MANY = 50, 10_000
ROUNDS = 60
EVENTS = 100


def measure() -> Iterator[Row]:
    """Measure the matching alone: no Kafka, no decoding."""
    indices = {count: TriggerIndex(triggers(count)) for count in (FEW, MANY)}
    best = dict.fromkeys(indices, float("inf"))
    for _ in range(ROUNDS):
        for count, index in indices.items():
            best[count] = min(best[count], _seconds(index))
    yield Row(
        f"an event is matched, {MANY:,} playbooks of which {MATCHING} match",
        best[MANY] * 1e6,
        "µs",
        f"{FEW} playbooks",
        best[FEW] * 1e6,
        best[MANY] / best[FEW],
        at_most(1.5),
        ROUNDS,
    )


def _seconds(index: TriggerIndex) -> float:
    """Return what one event takes."""
    events = [finding() for _ in range(EVENTS)]
    began = time.perf_counter()
    for event in events:
        found = index.matches("finding.new", event)
    elapsed = time.perf_counter() - began
    assert len(found) == MATCHING
    return elapsed / EVENTS
