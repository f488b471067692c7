"""Numbers, under which the rows of an execution stand: given once, ascending, and kept."""

import pytest

from streams.table.pruning import prune
from streams.table.rows import execution_row
from streams.table.writer import Rows
from tests.examples import NOON, Story
from tests.streams.table.log import PLACE, Folded, numbers, records, rows, story


def without(told: Story, sequence: int) -> Story:
    """Return an execution of which an event has not come."""
    told.events = [event for event in told.events if event.sequence != sequence]
    return told


def take(folded: Folded, *stories: Story) -> None:
    for told in stories:
        folded.take(*records(told.events))


def test_numbers_ascend_in_the_order_in_which_executions_are_seen(folded: Folded) -> None:
    take(folded, story("b"), story("c"), story("a"))
    assert numbers(folded.table.store) == {"b": 1, "c": 2, "a": 3}


def test_numbers_ascend_from_one_process_to_the_next(folded: Folded) -> None:
    take(folded, story("b"), story("c"))
    folded.begin_again()
    take(folded, story("a"))
    assert numbers(folded.table.store) == {"b": 1, "c": 2, "a": 3}


def test_there_are_numbers_beyond_thirty_two_bits(folded: Folded) -> None:
    first = (*execution_row(story("a").execution), 2**40)
    folded.writer.write(Rows(executions=[first]), {PLACE: 0})
    folded.begin_again()
    take(folded, story("b"))
    assert numbers(folded.table.store) == {"a": 2**40, "b": 2**40 + 1}
    assert folded.table.execution("b") == story("b").execution


def test_the_number_of_an_execution_behind_a_gap_is_given_to_no_other(folded: Folded) -> None:
    take(folded, story("a"), without(story("b"), 1))
    folded.begin_again()
    take(folded, story("c"))
    assert numbers(folded.table.store) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "another process"])
@pytest.mark.parametrize("sequence", [1, 4, 6])
def test_events_behind_a_gap_wait_under_the_number_that_the_execution_gets(
    folded: Folded, sequence: int, restarts: bool
) -> None:
    told, missing = story("b"), story("b").events[sequence - 1]
    take(folded, story("a"), without(story("b"), sequence), story("c"))
    before = numbers(folded.table.store)
    if restarts:
        folded.begin_again()
    folded.take(*records([missing]))
    assert numbers(folded.table.store) == before == {"a": 1, "b": 2, "c": 3}
    assert folded.table.execution("b") == told.execution
    assert [event["sequence"] for event in folded.table.events("b")] == [1, 2, 3, 4, 5, 6]
    assert rows(folded.table.store)["gaps"] == []


def test_events_behind_a_gap_can_be_asked_for(folded: Folded) -> None:
    take(folded, without(story("a"), 1))
    assert [event["sequence"] for event in folded.table.events("a")] == [2, 3, 4, 5, 6]


def test_executions_whose_events_come_in_turn_keep_their_own(folded: Folded) -> None:
    stories = [story("a"), story("b")]
    in_turn = [
        event for pair in zip(*(told.events for told in stories), strict=True) for event in pair
    ]
    for first in range(0, len(in_turn), 3):
        folded.take(*records(in_turn[first : first + 3]))
    assert numbers(folded.table.store) == {"a": 1, "b": 2}
    for told in stories:
        assert folded.table.execution(told.execution_id) == told.execution
        assert {event["execution_id"] for event in folded.table.events(told.execution_id)} == {
            told.execution_id
        }


def test_an_execution_that_is_not_remembered_keeps_its_number(folded: Folded) -> None:
    told = story("a")
    folded.take(*records(told.events[:3]))
    folded.begin_again()
    folded.take(*records([*story("b").events, *told.events[3:]]))
    assert numbers(folded.table.store) == {"a": 1, "b": 2}
    assert folded.table.execution("a") == told.execution


def test_a_batch_that_could_not_be_written_gives_the_same_numbers_again(
    folded: Folded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise folded.table.store.errors("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(folded.writer, "write", fail)
        with pytest.raises(folded.table.store.errors):
            take(folded, story("a"))
    take(folded, story("b"), story("a"))
    assert numbers(folded.table.store) == {"b": 1, "a": 2}


def test_the_number_of_what_has_been_pruned_may_be_another_ones(folded: Folded) -> None:
    take(folded, story("a"), story("b"))
    assert prune(folded.writer, NOON.replace(year=NOON.year + 1), 100) == 2
    folded.begin_again()
    take(folded, story("c"))
    assert numbers(folded.table.store) == {"c": 1}
    assert folded.table.execution("c") == story("c").execution


def test_pruning_leaves_the_rows_of_other_numbers(folded: Folded) -> None:
    take(folded, story("a"), without(story("b"), 1), without(story("c"), 6))
    assert prune(folded.writer, NOON.replace(year=NOON.year + 1), 100) == 1
    left = rows(folded.table.store)
    assert {name for name, *_ in left["events"]} == {"b", "c"}
    assert left["states"] == []


def test_an_execution_of_which_nothing_else_stands_there_keeps_its_number(folded: Folded) -> None:
    told = story("a")
    take(folded, told)
    for relation in ("events", "states"):
        folded.writer._connection.execute(f"DELETE FROM {relation}")
    folded.writer.write(Rows(), {PLACE: 0})
    folded.begin_again()
    take(folded, story("b"), told)
    assert numbers(folded.table.store) == {"a": 1, "b": 2}
    assert folded.table.execution("a") == told.execution
