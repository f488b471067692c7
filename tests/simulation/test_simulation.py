"""Whatever crashes when, every execution ends, and the log tells one story.

pytest tests/simulation --simulations 10000     some 170,000 executions
pytest tests/simulation --simulations 1 --seed 4711     the world of a seed that failed
"""

import pytest

from tests.simulation.faults import NONE
from tests.simulation.runs import simulated
from tests.simulation.world import World


@pytest.mark.timeout(3_600)
def test_no_crash_and_no_order_of_things_makes_an_execution_lose_its_way(
    request: pytest.FixtureRequest,
) -> None:
    first, count = request.config.getoption("--seed"), request.config.getoption("--simulations")
    outcome = simulated(first, count)
    told = f"{len(outcome.violations)} of {count} worlds went wrong (--simulations 1 --seed N):"
    assert outcome.violations == (), "\n".join([told, *outcome.violations[:5]])
    assert outcome.executions > count
    assert outcome.increments > 0 or count < 3


def test_a_world_in_which_nothing_goes_wrong_comes_to_its_end_as_well() -> None:
    for seed in range(3):
        World(seed, NONE).run()


def test_the_same_seed_is_the_same_world() -> None:
    worlds = [World(7), World(7)]
    for world in worlds:
        world.run()
    first, second = (world.ledger.executions for world in worlds)
    assert first == second
    assert first
