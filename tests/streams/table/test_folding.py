"""What batches of records become in the table, whatever stands in them."""

import itertools
from contextlib import closing

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.evolution import fold
from streams import codecs
from tests.examples import Story
from tests.streams.records import record
from tests.streams.table.conftest import IN_A_DATABASE, IN_A_FILE
from tests.streams.table.log import (
    EVENTS,
    REJECTIONS,
    Folded,
    Place,
    records,
    rejection,
    rows,
    story,
)


def test_an_execution_stands_in_the_table_as_its_events_fold(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events))
    assert folded.table.execution("pexec-1") == told.execution


def test_a_history_that_comes_in_parts_is_one_execution(folded: Folded) -> None:
    told = story()
    for part in records(told.events):
        folded.take(part)
    assert folded.table.execution("pexec-1") == told.execution


def test_the_events_stand_there_as_they_stand_on_the_log(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events))
    stored = folded.table.store.reader().execute("SELECT value FROM events ORDER BY sequence")
    assert [value for (value,) in stored] == [codecs.encode(event) for event in told.events]


def test_a_new_process_goes_on_from_what_stands_in_the_table(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events[:3]))
    folded.begin_again()
    folded.take(*records(told.events[3:]))
    assert folded.table.execution("pexec-1") == told.execution


def test_an_execution_that_is_not_remembered_is_read_from_the_table(place: Place) -> None:
    forgetful = Folded(place, remembered_max=1)
    stories = [story(f"pexec-{number}") for number in range(5)]
    for told in stories:
        forgetful.take(*records(told.events[:3]))
    for told in stories:
        forgetful.take(*records(told.events[3:]))
    found = [forgetful.table.execution(told.execution_id) for told in stories]
    forgetful.close()
    assert found == [told.execution for told in stories]


def test_doubles_are_counted_and_change_nothing(folded: Folded) -> None:
    told = story()
    folded.take(*records(told.events))
    before = rows(folded.table.store)
    folded.take(*records(told.events), *records(told.events[2:4]))
    assert rows(folded.table.store) == before
    assert folded.folding.counts.doubles == 8


def test_an_execution_stands_still_at_a_gap(folded: Folded) -> None:
    told = story()
    folded.take(*records([event for event in told.events if event.sequence != 4]))
    assert folded.table.execution("pexec-1") == fold(None, told.events[:3])
    assert folded.folding.counts.gaps == 1


def test_an_execution_goes_on_when_the_missing_event_comes(folded: Folded) -> None:
    told = story()
    folded.take(*records([event for event in told.events if event.sequence != 4]))
    folded.take(*records([told.events[3]]))
    assert folded.table.execution("pexec-1") == told.execution
    assert rows(folded.table.store)["gaps"] == []


def test_a_gap_is_healed_by_a_process_that_did_not_see_it_open(folded: Folded) -> None:
    told = story()
    folded.take(*records([event for event in told.events if event.sequence != 4]))
    folded.begin_again()
    folded.take(*records([told.events[3]]))
    assert folded.table.execution("pexec-1") == told.execution


def test_an_execution_without_its_first_event_is_not_shown(folded: Folded) -> None:
    folded.take(*records(story().events[1:]))
    assert folded.table.execution("pexec-1") is None
    assert rows(folded.table.store)["gaps"] == [("pexec-1", 1, "missing")]


@pytest.mark.parametrize(
    "poison",
    [None, b"", b"\x00\xff", b"{}", b'{"type": "OfTheFuture"}', b"[" * 100_000],
    ids=["nothing", "empty", "bytes", "an object", "another type", "nested"],
)
def test_an_unreadable_record_is_left_out(folded: Folded, poison: bytes | None) -> None:
    told = story()
    first, *others = records(told.events)
    folded.take(first, record(poison, topic=EVENTS), *others)
    assert folded.table.execution("pexec-1") == told.execution
    assert folded.folding.counts.unreadable == 1


def test_a_record_that_cannot_be_stored_spoils_nothing_but_itself(folded: Folded) -> None:
    told, other = story(), story("pexec-2")
    # A number that JSON has and SQLite has not.
    spoilt = told.events[0].model_copy(update={"execution_id": "pexec-3", "sequence": 2**63})
    folded.take(*records([*told.events, spoilt, *other.events]))
    assert folded.table.execution("pexec-1") == told.execution
    assert folded.table.execution("pexec-2") == other.execution
    assert folded.folding.counts.unreadable == 1


def test_an_event_that_does_not_fold_stops_its_execution_only(folded: Folded) -> None:
    told, other = story(), story("pexec-2")
    astray = told.events[2].model_copy(update={"step_id": "of-another-playbook"})
    folded.take(*records([*told.events[:2], astray, *told.events[3:], *other.events]))
    assert folded.table.execution("pexec-1") == fold(None, told.events[:2])
    assert folded.table.execution("pexec-2") == other.execution
    [(execution_id, sequence, reason)] = rows(folded.table.store)["gaps"]
    assert (execution_id, sequence) == ("pexec-1", 3)
    assert reason.startswith("does not fold")


def test_a_rejection_is_found_by_its_command(folded: Folded) -> None:
    refused = rejection("command-9")
    folded.take(record(codecs.encode(refused), topic=REJECTIONS))
    assert folded.table.rejection("command-9") == refused
    assert folded.table.rejection("command-10") is None


def test_the_first_telling_of_a_rejection_stands(folded: Folded) -> None:
    tellings = [rejection("command-9", reason) for reason in ("first", "second")]
    folded.take(*(record(codecs.encode(told), topic=REJECTIONS) for told in tellings))
    assert folded.table.rejection("command-9") == tellings[0]


def test_what_is_not_known_of_an_event_is_kept_but_not_folded(folded: Folded) -> None:
    told = story()
    value = codecs.encode(told.events[0])
    folded.take(record(value[:-1] + b',"of_the_future":1}', topic=EVENTS))
    assert folded.table.events("pexec-1")[0]["of_the_future"] == 1


def _interleaved() -> list[Story]:
    stories = [story(f"pexec-{number}") for number in range(3)]
    stories[1].events = stories[1].events[:4]
    return stories


def fold_in_parts_and_whole(place: Place, data: st.DataObject) -> None:
    """What is delivered again is never newer than what came before it, as on any log."""
    stories = _interleaved()
    ahead = [list(told.events) for told in stories]
    log = []
    while any(ahead):
        log.append(ahead[data.draw(st.sampled_from([n for n, a in enumerate(ahead) if a]))].pop(0))
    with closing(Folded(place)) as folded:
        folded.empty()
        start = 0
        while start < len(log):
            end = data.draw(st.integers(start + 1, len(log)))
            again = data.draw(st.integers(0, start))
            folded.take(*records(log[again:end], again))
            if data.draw(st.booleans()):
                folded.begin_again()
            start = end
        split = rows(folded.table.store)
        folded.empty()
        folded.take(*records(itertools.chain.from_iterable(told.events for told in stories)))
        whole = rows(folded.table.store)
    assert split == whole
    assert len(split["events"]) == 16


@IN_A_FILE
@given(data=st.data())
@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_into_batches_with_repeats_folds_to_the_same_rows(
    place: Place, data: st.DataObject
) -> None:
    fold_in_parts_and_whole(place, data)


@IN_A_DATABASE
@given(data=st.data())
# Fewer: to empty its tables takes a database as long as all else.
@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3)
def test_any_split_into_batches_folds_to_the_same_rows_in_a_database_too(
    place: Place, data: st.DataObject
) -> None:
    fold_in_parts_and_whole(place, data)
