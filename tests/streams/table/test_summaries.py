"""Summaries: what lists tell of an execution, written with its row."""

import orjson

from streams.table.queries import ExecutionFilter
from streams.table.summaries import summary, to_json
from tests.streams.table.log import Folded, records, story


def test_the_summary_of_an_execution_is_as_current_as_its_state(folded: Folded) -> None:
    told = story()
    for offset, record in enumerate(records(told.events), 1):
        folded.take(record)
        known = folded.table.execution("pexec-1")
        assert known is not None
        assert folded.table.summary("pexec-1") == (to_json(summary(known)), offset)


def test_of_what_is_not_there_is_no_summary(folded: Folded) -> None:
    assert folded.table.summary("pexec-1") is None


def test_a_page_of_summaries_is_the_page_of_executions(folded: Folded) -> None:
    for number in range(5):
        folded.take(*records(story(f"pexec-{number}").events))
    place = folded.table.executions(ExecutionFilter(), per_page=1).last
    for page, after in ((1, None), (2, None), (3, None), (1, place)):
        states = folded.table.executions(ExecutionFilter(), page, 2, after)
        summaries = folded.table.summaries(ExecutionFilter(), page, 2, after)
        assert summaries.summaries == [to_json(summary(each)) for each in states.executions]
        assert summaries[1:] == states[1:]


def test_a_number_too_large_for_most_is_told_as_it_came(folded: Folded) -> None:
    folded.take(*records(story(parameters={"number": 2**70}).events))
    found = folded.table.summary("pexec-1")
    assert found is not None
    assert b'"parameters":{"number":1180591620717411303424}' in found[0]


def test_a_summary_says_its_times_like_every_answer(folded: Folded) -> None:
    folded.take(*records(story(parameters={"number": 2**70}).events))
    folded.take(*records(story("pexec-2").events))
    large, small = (folded.table.summary(name) for name in ("pexec-1", "pexec-2"))
    assert large is not None
    assert small is not None
    # orjson reads no number of that size.
    shown = orjson.loads(large[0].replace(str(2**70).encode(), b"1"))
    times = ("started_at", "completed_at")
    assert [shown[name] for name in times] == [orjson.loads(small[0])[name] for name in times]
    assert shown["started_at"].endswith("Z")
