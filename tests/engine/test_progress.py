"""How far an execution has come, counted."""

from engine.progress import progress
from tests.examples import Story, action, graph


def test_a_step_under_way_is_current_and_none_is_when_all_have_ended() -> None:
    story = Story(graph(action("one"), action("two")))
    story.start()
    assert progress(story.execution).current_steps == ("one",)
    story.complete("one")
    assert progress(story.execution).current_steps == ("two",)
    story.complete("two")
    done = progress(story.execution)
    assert (done.current_steps, done.steps_completed, done.steps_total) == ((), 2, 2)


def test_a_step_that_waits_for_its_retry_is_under_way() -> None:
    story = Story(graph(action("one", retry={"max_attempts": 2})))
    story.start()
    story.fail("one")
    assert progress(story.execution).current_steps == ("one",)


def test_steps_that_are_passed_by_or_broken_off_are_not_in_the_total() -> None:
    story = Story(graph(action("one"), action("two"), action("three")))
    story.start()
    story.complete("one")
    story.cancel()
    done = progress(story.execution)
    assert (done.steps_completed, done.steps_total, done.steps_failed) == (1, 1, 0)


def test_a_failed_step_is_counted_and_stays_in_the_total() -> None:
    story = Story(graph(action("one", on_failure="continue"), action("two")))
    story.start()
    story.fail("one")
    story.complete("two")
    done = progress(story.execution)
    assert (done.steps_failed, done.steps_completed, done.steps_total) == (1, 1, 2)
