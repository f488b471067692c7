"""Requests finish out of order; what is committed says exactly which are done or have begun."""

from hypothesis import given
from hypothesis import strategies as st

from streams.acknowledgements import METADATA_BYTES, OPEN_MAX, Acknowledgements


def taken(count: int, position: int = 0) -> Acknowledgements:
    acknowledged = Acknowledgements(position, owner="host-0")
    for offset in range(position, position + count):
        acknowledged.take(offset)
    return acknowledged


def restored(acknowledged: Acknowledgements) -> Acknowledgements:
    return Acknowledgements(*acknowledged.commit(), owner="host-1")


def again(acknowledged: Acknowledgements, count: int) -> list[int]:
    """Return what the next owner runs of the first ``count`` offsets."""
    heir = restored(acknowledged)
    return [offset for offset in range(heir.position, count) if heir.take(offset)]


def test_nothing_finished_commits_where_it_began() -> None:
    assert taken(3, position=7).commit() == (7, "")


def test_the_first_unfinished_request_is_the_position() -> None:
    acknowledged = taken(6)
    for offset in (0, 1, 3, 4):
        acknowledged.finish(offset)
    assert acknowledged.commit()[0] == 2
    assert again(acknowledged, 6) == [2, 5]


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


def test_what_has_begun_is_known_to_the_next_owner_and_by_whom() -> None:
    acknowledged = taken(4, position=100)
    acknowledged.begin(101)
    acknowledged.begin(103)
    acknowledged.finish(103)
    heir = restored(acknowledged)
    assert heir.before == "host-0"
    assert [offset for offset in range(100, 104) if heir.has_begun(offset)] == [101]


def test_what_has_begun_stays_so_until_it_is_finished() -> None:
    acknowledged = taken(2)
    acknowledged.begin(1)
    heir = restored(restored(acknowledged))
    assert heir.has_begun(1)
    assert heir.take(1)
    heir.finish(1)
    assert not restored(heir).has_begun(1)


def test_a_request_that_is_no_longer_kept_does_not_hold_up_the_position() -> None:
    acknowledged = taken(3)
    acknowledged.begin(0)
    heir = restored(acknowledged)
    heir.take(2)
    heir.finish(2)
    assert heir.commit() == (3, "")


def test_metadata_that_somebody_else_wrote_is_ignored() -> None:
    assert Acknowledgements(0, "by hand, 2026").take(0)
    assert Acknowledgements(0, '{"by": "hand"}').take(0)


def test_metadata_of_as_many_as_may_be_open_stays_within_what_kafka_keeps() -> None:
    acknowledged = Acknowledgements(10**12, owner="h" * 220)
    offset = 10**12
    while not acknowledged.is_full:
        offset += 33_333  # ten million requests while the first one is under way
        acknowledged.take(offset)
        acknowledged.begin(offset)
    assert len(acknowledged.commit()[1]) <= METADATA_BYTES
    assert offset == 10**12 + OPEN_MAX * 33_333


@given(st.permutations(range(30)), st.integers(0, 30), st.sets(st.integers(0, 29)))
def test_after_a_crash_exactly_the_unfinished_come_again(
    order: list[int], finished: int, begun: set[int]
) -> None:
    acknowledged = taken(30)
    for offset in begun:
        acknowledged.begin(offset)
    for offset in order[:finished]:
        acknowledged.finish(offset)
    assert again(acknowledged, 30) == sorted(order[finished:])
    heir = restored(acknowledged)
    assert {each for each in range(30) if heir.has_begun(each)} == begun & set(order[finished:])
