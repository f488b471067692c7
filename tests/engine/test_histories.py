"""What older releases have written folds to what it folded to then.

Each file of ``histories`` is the history of a real execution: added, never edited, by what
``tests/histories.py`` says.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from engine.evolution import fold
from engine.snapshots import execution_from_json, to_json
from schemas.events import Event
from schemas.executions import Execution, Steps
from tests.evolutions import followed
from tests.histories import read

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.jsonl"))

each_history = pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)


def in_full(execution: Execution) -> Execution:
    """Return an execution that says everything, also what goes without saying."""
    steps = Steps({step_id: replace(run) for step_id, run in execution.steps.items()})
    return replace(execution, steps=steps)


def within(recorded: Any, found: Any) -> bool:
    """Tell whether everything recorded is found: what was added since may stand beside it."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        return all(name in found and within(each, found[name]) for name, each in recorded.items())
    if isinstance(recorded, list) and isinstance(found, list):
        pairs = zip(recorded, found, strict=False)
        return len(recorded) == len(found) and all(within(a, b) for a, b in pairs)
    return bool(recorded == found)


@each_history
def test_a_recorded_history_folds_to_the_state_it_folded_to_then(path: Path) -> None:
    events, state = read(path)
    execution = fold(None, events)
    assert execution is not None
    assert within(orjson.loads(state), orjson.loads(to_json(in_full(execution))))


@each_history
def test_a_state_of_then_can_be_read_and_is_the_same_execution(path: Path) -> None:
    events, state = read(path)
    assert execution_from_json(state) == fold(None, events)


@each_history
def test_every_event_of_then_changes_what_it_says(path: Path) -> None:
    events, _ = read(path)
    assert followed(None, events)[1] == []


def test_the_recorded_histories_have_events_of_every_type() -> None:
    every = {kind.__name__ for kind in get_args(get_args(Event)[0])}
    seen = {event.type for each in HISTORIES for event in read(each)[0]}
    assert every - seen == set()
