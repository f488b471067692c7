"""Who checks the checkers: each of these faults of ``evolve`` is found, by the simulator and by
the model check. One field that is dropped, one event that is skipped, is enough."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine import evolution
from schemas.executions import Execution, StepRun, Steps
from tests.engine.models.shapes import Shape, drawn_up
from tests.engine.models.test_models import broken
from tests.simulation.runs import simulated

Changes = Callable[[StepRun, Any], dict[str, Any]]

STEP_CHANGES: Changes = evolution.step_changes
SHAPE = Shape("any", "two actions", "rescue", "recover", "abort", "fork")
WORLDS = 10


def without_frame(run: StepRun, event: Any) -> dict[str, Any]:
    """Drop a field: a step no longer knows the branch that it runs in."""
    changes = STEP_CHANGES(run, event)
    return {name: value for name, value in changes.items() if name != "frame"}


def without_held(run: StepRun, event: Any) -> dict[str, Any]:
    """Drop a field: what a pause held back is forgotten."""
    return STEP_CHANGES(run, event) | {"held": None}


def without_attempt(run: StepRun, event: Any) -> dict[str, Any]:
    """Drop a field: every attempt is the first."""
    return STEP_CHANGES(run, event) | ({"attempt": 1} if event.type == "StepStarted" else {})


def skipping_skips(run: StepRun, event: Any) -> dict[str, Any]:
    """Skip an event: a step that is passed by stays as it was."""
    return {} if event.type == "StepSkipped" else STEP_CHANGES(run, event)


def skipping_cancels(run: StepRun, event: Any) -> dict[str, Any]:
    """Skip an event: a loser goes on."""
    return {} if event.type == "StepCancelled" else STEP_CHANGES(run, event)


def keeping_the_retry(run: StepRun, event: Any) -> dict[str, Any]:
    """Keep a field: a retry that has begun is still to come."""
    changes = STEP_CHANGES(run, event)
    return changes | ({"retry_at": run.retry_at} if event.type == "StepStarted" else {})


STEP_MUTANTS = [
    without_frame,
    without_held,
    without_attempt,
    skipping_skips,
    skipping_cancels,
    keeping_the_retry,
]


@pytest.fixture(params=STEP_MUTANTS, ids=lambda mutant: mutant.__name__)
def _mutant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evolution, "step_changes", request.param)


@pytest.mark.usefixtures("_mutant")
def test_the_simulator_finds_an_evolve_that_changes_a_step_wrongly() -> None:
    assert simulated(0, WORLDS).violations


@pytest.mark.usefixtures("_mutant")
def test_the_model_check_finds_an_evolve_that_changes_a_step_wrongly() -> None:
    with pytest.raises(AssertionError):
        assert list(broken(drawn_up(SHAPE))) == []


def nothing_let_go(steps: Steps, opener: object) -> Steps:
    """What a pause held in a branch stays held when its parallel step has ended."""
    return steps


def still_held(steps: Steps) -> Steps:
    """A resume lets nothing go."""
    return steps


def one_behind(execution: Execution, event: Any, **changes: Any) -> Execution:
    """The execution never knows of its last event."""
    return replace(execution, changed_at=event.at, **changes)


@pytest.mark.parametrize(
    ("part", "mutant"),
    [("_let_go", nothing_let_go), ("_none_held", still_held), ("_moved", one_behind)],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_the_simulator_finds_an_evolve_that_changes_the_whole_wrongly(
    part: str, mutant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evolution, part, mutant)
    assert simulated(0, 4 * WORLDS).violations


def test_without_a_mutant_nothing_is_found() -> None:
    assert simulated(0, WORLDS).violations == ()
    assert list(broken(drawn_up(SHAPE))) == []
