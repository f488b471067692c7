"""Due times in a heap: none missed, none early."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.executions import Execution
from streams.timers import Timers
from tests.examples import NOON, Story, action, graph


def timing_out(execution_id: str, minutes: float) -> Execution:
    story = Story(graph(action("one"), timeout_minutes=minutes), execution_id)
    story.start()
    return story.execution


def due(timers: Timers, at: datetime) -> list[str]:
    return list(timers.due(at, most=1_000))


def test_nothing_watched_is_never_due() -> None:
    assert Timers().due_at() is None


def test_an_execution_is_due_at_its_time_and_not_before() -> None:
    timers = Timers()
    timers.watch(timing_out("pexec-1", 5))
    assert due(timers, NOON + timedelta(minutes=5)) == []
    assert due(timers, NOON + timedelta(minutes=6)) == ["pexec-1"]


def test_an_execution_that_ended_is_no_longer_due() -> None:
    story = Story(graph(action("one"), timeout_minutes=5))
    story.start()
    timers = Timers()
    timers.watch(story.execution)
    story.complete("one")
    timers.watch(story.execution)
    assert timers.due_at() is None


def test_what_is_due_is_handed_out_once() -> None:
    timers = Timers()
    timers.watch(timing_out("pexec-1", 5))
    later = NOON + timedelta(minutes=6)
    assert [due(timers, later), due(timers, later)] == [["pexec-1"], []]


def test_no_more_are_handed_out_than_asked_for() -> None:
    timers = Timers()
    for number in range(10):
        timers.watch(timing_out(f"pexec-{number}", 5))
    assert len(list(timers.due(NOON + timedelta(minutes=6), most=3))) == 3


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_executions_come_in_the_order_of_their_due_times(minutes: list[int]) -> None:
    timers = Timers()
    executions = [timing_out(f"pexec-{n}", m) for n, m in enumerate(minutes)]
    for execution in executions:
        timers.watch(execution)
    times = {execution.id: execution.timeout_at for execution in executions}
    handed_out = [times[execution_id] for execution_id in due(timers, NOON + timedelta(days=2))]
    assert handed_out == sorted(times.values(), key=str)
