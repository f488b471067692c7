"""What an event costs to be matched: ``python -m tests.benchmarks matching``.

Against 50 and 10,000 playbooks, of which the same number match. Both are timed in turn, many
times over, and the best time of each counts: the ratio is of the work, not of the moment.
"""

import argparse
import time

import orjson

from engine.triggers import TriggerIndex
from tests.triggers import MATCHING, finding, triggers

FEW, MANY = 50, 10_000
ROUNDS = 60
EVENTS = 100


def main(arguments: list[str]) -> None:
    """Measure, and print the times and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks matching")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    indices = {count: TriggerIndex(triggers(count)) for count in (FEW, MANY)}
    best = dict.fromkeys(indices, float("inf"))
    for _ in range(ROUNDS):
        for count, index in indices.items():
            best[count] = min(best[count], _seconds(index))
    ratio = best[MANY] / best[FEW]
    if asked.json:
        told = {str(count): seconds * 1e6 for count, seconds in best.items()}
        print(orjson.dumps({"microseconds": told, "matching": MATCHING, "ratio": ratio}).decode())
        return
    for count, seconds in best.items():
        print(
            f"an event against {count:,} playbooks, {MATCHING} of which match: "
            f"{seconds * 1e6:.1f} µs"
        )
    print(f"ratio {ratio:.2f}")


def _seconds(index: TriggerIndex) -> float:
    """Return what one event takes."""
    events = [finding() for _ in range(EVENTS)]
    began = time.perf_counter()
    for event in events:
        found = index.matches("finding.new", event)
    elapsed = time.perf_counter() - began
    assert len(found) == MATCHING
    return elapsed / EVENTS
