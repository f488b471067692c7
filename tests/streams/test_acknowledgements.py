"""Requests finish out of order; what is committed says exactly which are done."""

from hypothesis import given
from hypothesis import strategies as st

from streams.acknowledgements import METADATA_BYTES, Acknowledgements


def taken(count: int, position: int = 0) -> Acknowledgements:
    acknowledged = Acknowledgements(position)
    for offset in range(position, position + count):
        acknowledged.take(offset)
    return acknowledged


def test_nothing_finished_commits_where_it_began() -> None:
    assert taken(3, position=7).commit() == (7, "")


def test_the_first_unfinished_request_is_the_position() -> None:
    acknowledged = taken(6)
    for offset in (0, 1, 3, 4):
        acknowledged.finish(offset)
    assert acknowledged.commit() == (2, "3-4")


def test_all_finished_commits_behind_the_last_one() -> None:
    acknowledged = taken(3)
    for offset in (2, 0, 1):
        acknowledged.finish(offset)
    assert acknowledged.commit() == (3, "")


def test_offsets_that_nobody_is_handed_do_not_hold_up_the_position() -> None:
    acknowledged = Acknowledgements(0)
    for offset in (0, 5, 9):
        acknowledged.take(offset)
        acknowledged.finish(offset)
    assert acknowledged.commit() == (10, "")


def test_a_finished_request_is_not_handed_out_again() -> None:
    restored = Acknowledgements(2, "3-4,9")
    assert [offset for offset in range(2, 10) if restored.take(offset)] == [2, 5, 6, 7, 8]


def test_metadata_that_somebody_else_wrote_is_ignored() -> None:
    assert Acknowledgements(0, "by hand, 2026").take(0)


def test_metadata_stays_within_what_kafka_keeps() -> None:
    acknowledged = taken(10_000)
    for offset in range(1, 10_000, 2):
        acknowledged.finish(offset)
    position, metadata = acknowledged.commit()
    assert position == 0
    assert len(metadata) <= METADATA_BYTES


@given(st.permutations(range(30)), st.integers(0, 30))
def test_after_a_crash_exactly_the_unfinished_run_again(order: list[int], finished: int) -> None:
    acknowledged = taken(30)
    for offset in order[:finished]:
        acknowledged.finish(offset)
    restored = Acknowledgements(*acknowledged.commit())
    again = [offset for offset in range(restored.position, 30) if restored.take(offset)]
    assert again == sorted(order[finished:])
