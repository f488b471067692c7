"""The state of an execution is written now and then, and is read as if it always were."""

import pytest

from engine.evolution import fold
from streams.table.queries import ExecutionFilter
from streams.table.states import EVENTS_MAX
from tests.examples import Story, action, graph
from tests.streams.table.conftest import IN_A_FILE
from tests.streams.table.log import Folded, records, rows, story

STEPS = EVENTS_MAX
"""An execution has two events a step, so that its state is written twice before it ends."""


@pytest.fixture(scope="module")
def long_story() -> Story:
    """Return an execution of many steps that has come to its end."""
    told = Story(graph(*(action(f"step-{number}") for number in range(STEPS))))
    told.start()
    for number in range(STEPS):
        told.complete(f"step-{number}", {"number": number})
    return told


def written(folded: Folded) -> list[tuple[str, int]]:
    """Return which states stand in the table: of which execution, as of which event."""
    return [tuple(row[:2]) for row in rows(folded.table.store)["states"]]


def test_an_open_execution_without_a_state_is_read_from_its_events(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events[:4]))
    assert written(folded) == []
    assert folded.table.execution("pexec-1") == fold(None, told.events[:4])


def test_a_long_execution_is_read_as_of_each_of_its_events(
    folded: Folded, long_story: Story
) -> None:
    for number, part in enumerate(records(long_story.events), 1):
        folded.take(part)
        assert folded.table.execution("pexec-1") == fold(None, long_story.events[:number])


def test_a_long_execution_is_listed_with_what_came_after_its_state(
    folded: Folded, long_story: Story
) -> None:
    for part in records(long_story.events[: EVENTS_MAX + 5]):
        folded.take(part)
    assert written(folded) == [("pexec-1", EVENTS_MAX)]
    [listed] = folded.table.executions(ExecutionFilter()).executions
    assert listed == fold(None, long_story.events[: EVENTS_MAX + 5])


@pytest.mark.parametrize("size", [1, 7, EVENTS_MAX + 1])
def test_which_state_is_written_does_not_depend_on_the_batches(
    folded: Folded, long_story: Story, size: int
) -> None:
    log = records(long_story.events[: 2 * EVENTS_MAX - 1])
    for first in range(0, len(log), size):
        folded.take(*log[first : first + size])
    assert written(folded) == [("pexec-1", EVENTS_MAX)]


def test_a_new_process_goes_on_from_a_state_and_the_events_after_it(
    folded: Folded, long_story: Story
) -> None:
    folded.take(*records(long_story.events[: EVENTS_MAX + 5]))
    folded.begin_again()
    folded.take(*records(long_story.events[EVENTS_MAX + 5 :]))
    assert folded.table.execution("pexec-1") == long_story.execution


@IN_A_FILE
def test_an_execution_that_has_ended_is_read_without_its_events(
    folded: Folded, long_story: Story
) -> None:
    folded.take(*records(long_story.events))
    assert written(folded) == [("pexec-1", len(long_story.events))]
    folded.writer._connection.execute("DELETE FROM events")
    assert folded.table.execution("pexec-1") == long_story.execution


def test_events_behind_a_gap_are_not_part_of_what_is_read(
    folded: Folded, long_story: Story
) -> None:
    without = [event for event in long_story.events[:50] if event.sequence != EVENTS_MAX + 3]
    folded.take(*records(without))
    assert folded.table.execution("pexec-1") == fold(None, long_story.events[: EVENTS_MAX + 2])
