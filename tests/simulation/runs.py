"""Many simulations: one after the other, or spread over the processors when they are many."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from tests.simulation.ledger import Violation
from tests.simulation.world import World

CHUNK = 50
SPREAD_FROM = 4 * CHUNK
"""Fewer are done sooner than processes are started."""


class Outcome(NamedTuple):
    """What came of some simulations. increments: of snapshots. violations: each with its seed."""

    executions: int
    events: int
    increments: int
    violations: tuple[str, ...]


def simulated(first: int, count: int) -> Outcome:
    """Return what comes of the worlds of seeds from ``first``."""
    if count < SPREAD_FROM:
        return _one_by_one(range(first, first + count))
    # Not forked: whoever calls may have threads.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawned) as pool:
        return _together(pool.map(_one_by_one, _chunks(first, count)))


def _chunks(first: int, count: int) -> Iterator[range]:
    for start in range(first, first + count, CHUNK):
        yield range(start, min(start + CHUNK, first + count))


def _one_by_one(seeds: range) -> Outcome:
    return _together(_outcome(seed) for seed in seeds)


def _outcome(seed: int) -> Outcome:
    world = World(seed)
    violations: tuple[str, ...] = ()
    try:
        world.run()
    except Violation as violation:
        violations = (str(violation),)
    ledger = world.ledger
    return Outcome(len(ledger.executions), ledger.events, ledger.kept.written, violations)


def _together(outcomes: Iterator[Outcome]) -> Outcome:
    each = list(outcomes)
    return Outcome(
        sum(outcome.executions for outcome in each),
        sum(outcome.events for outcome in each),
        sum(outcome.increments for outcome in each),
        tuple(violation for outcome in each for violation in outcome.violations),
    )
