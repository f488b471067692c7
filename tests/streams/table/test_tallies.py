"""The tallies are what counting the rows would give, whatever happens to the executions."""

import itertools
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.executions import Execution, Status
from streams.table import tallies
from streams.table.queries import ExecutionFilter
from tests.examples import FINDING, NOON, Story, action, graph
from tests.streams.table.conftest import IN_A_DATABASE, IN_A_FILE
from tests.streams.table.log import Folded, records

DAYS = [NOON.replace(hour=0) + timedelta(days=day) for day in range(4)]
MOMENTS = [None, *DAYS, *(day + timedelta(hours=13) for day in DAYS)]

of_stories = st.lists(
    st.tuples(
        st.sampled_from(["pb-1", "pb-2"]),
        st.sampled_from(["complete", "cancel", "queue", "queue and start", "run"]),
        st.booleans(),
        st.integers(0, 71),
    ),
    min_size=1,
    max_size=6,
)
filters = st.builds(
    ExecutionFilter,
    status=st.sampled_from([None, Status.COMPLETED, Status.PENDING]),
    playbook_id=st.sampled_from([None, "pb-1"]),
    trigger=st.sampled_from([None, "finding.new", "manual"]),
    dry_run=st.sampled_from([None, True]),
    finding_id=st.sampled_from([None, None, "f-91827"]),
    since=st.sampled_from(MOMENTS),
    until=st.sampled_from(MOMENTS),
)


def told(name: str, playbook_id: str, fate: str, dry_run: bool, hours: int) -> Story:
    """Return an execution that begins so many hours after the first day."""
    story = Story(graph(action("one"), id=playbook_id), name)
    story.at = DAYS[0] + timedelta(hours=hours)
    if fate.startswith("queue"):
        story.queue(dry_run=dry_run, event=FINDING)
        story.at += timedelta(days=1)
    if fate != "queue":
        story.start(dry_run=dry_run, trigger="manual" if dry_run else "finding.new")
    if fate == "complete":
        story.complete("one")
    elif fate == "cancel":
        story.cancel()
    return story


def is_asked(execution: Execution, asked: ExecutionFilter) -> bool:
    """Tell whether a filter asks for an execution, one thing after the other."""
    said = {
        "status": execution.status,
        "playbook_id": execution.playbook_id,
        "trigger": execution.trigger,
        "dry_run": execution.dry_run,
        "finding_id": "f-91827",
    }
    return (
        all(getattr(asked, name) in (None, value) for name, value in said.items())
        and (asked.since is None or asked.since <= execution.started_at)
        and (asked.until is None or execution.started_at < asked.until)
    )


def assert_total(
    folded: Folded, facts: list[tuple[str, str, bool, int]], asked: ExecutionFilter
) -> None:
    stories = [told(f"pexec-{n}", *each) for n, each in enumerate(facts)]
    folded.empty()
    # Event by event, so that each change of a status is written.
    for event in itertools.chain.from_iterable(story.events for story in stories):
        folded.take(*records([event]))
    reader = folded.table.store.reader()
    assert tallies.total(reader, asked) == sum(
        is_asked(story.execution, asked) for story in stories
    )
    derived = sorted(reader.execute(tallies.DERIVED))
    assert sorted(reader.execute(tallies.STORED)) == derived


@IN_A_FILE
@given(of_stories, filters)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_total_is_the_number_of_executions_that_are_asked_for(
    folded: Folded, facts: list[tuple[str, str, bool, int]], asked: ExecutionFilter
) -> None:
    assert_total(folded, facts, asked)


@IN_A_DATABASE
@given(of_stories, filters)
# Fewer: to empty its tables takes a database as long as all else.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_a_total_is_that_in_a_database_too(
    folded: Folded, facts: list[tuple[str, str, bool, int]], asked: ExecutionFilter
) -> None:
    assert_total(folded, facts, asked)


def test_what_is_told_twice_is_counted_once(folded: Folded) -> None:
    story = told("pexec-1", "pb-1", "complete", False, 0)
    for _ in range(2):
        folded.take(*records(story.events))
    assert tallies.total(folded.table.store.reader(), ExecutionFilter()) == 1
