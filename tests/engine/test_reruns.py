"""Running again: from the failed step, with what was completed kept."""

from engine.reruns import from_failed
from schemas.executions import Status, StepStatus
from tests.examples import Story, action, started, step


def again(story: Story) -> Story:
    """Return the story of the execution that goes on from what failed in ``story``."""
    rerun = from_failed(story.execution, story.graph)
    assert rerun is not None
    further = Story(story.graph, execution_id="pexec-2")
    further.start(rerun_of=story.execution_id, **rerun._asdict())
    return further


def test_it_starts_at_the_failed_step_with_the_outputs_before_it() -> None:
    story = started(action("one"), action("two", parameters={"x": "{{ steps.one.output.x }}"}))
    story.complete("one", {"x": 7})
    story.fail("two")
    further = again(story)
    assert further.told == ["ExecutionStarted", "StepStarted two"]
    assert further.execution.steps["two"].input == {"x": 7}
    assert further.execution.rerun_of == "pexec-1"
    assert further.status("one") is StepStatus.COMPLETED
    further.complete("two")
    assert further.execution.status is Status.COMPLETED


def test_a_failure_in_a_branch_runs_the_whole_parallel_step_again() -> None:
    story = started(step("fork", "parallel", branches=[["a"], ["b"]]), action("a"), action("b"))
    story.complete("a")
    story.fail("b")
    assert again(story).told[1:] == ["StepStarted fork", "StepStarted a", "StepStarted b"]


def test_a_failure_that_was_handled_is_not_where_it_starts() -> None:
    story = started(action("one", on_failure="continue"), action("two"))
    story.fail("one")
    story.fail("two")
    assert again(story).told[1:] == ["StepStarted two"]


def test_a_cancelled_execution_goes_on_at_the_step_that_was_under_way() -> None:
    story = started(action("one"), action("two"))
    story.complete("one")
    story.cancel()
    assert again(story).told[1:] == ["StepStarted two"]


def test_where_nothing_failed_there_is_nothing_to_go_on_from() -> None:
    story = started(action("one"))
    story.complete("one")
    assert from_failed(story.execution, story.graph) is None
