"""Running again: from the failed step, with what was completed kept."""

from typing import Any

from engine.reruns import Refusal, from_failed, rerun
from schemas.commands import Undoing
from schemas.executions import Status, StepStatus
from tests.examples import Story, action, graph, started, step


def again(story: Story, *, from_start: bool = False) -> Story:
    """Return the story of the execution that goes on from what failed in ``story``."""
    found = rerun(story.execution, story.graph, from_start=from_start)
    assert not isinstance(found, Refusal), found
    further = Story(story.graph, execution_id="pexec-2")
    further.start(rerun_of=story.execution_id, **found._asdict())
    return further


def refusal(story: Story, *, known: bool = True, from_start: bool = False) -> str:
    """Return why an execution is not run again."""
    found = rerun(story.execution, story.graph if known else None, from_start=from_start)
    assert isinstance(found, Refusal), found
    return found.code


def undo(*step_ids: str, **says: Any) -> Story:
    """Return the story of an execution that takes back these steps."""
    undoable = [action(name, undo={"action_ref": "act-log"}) for name in step_ids]
    story = Story(graph(*undoable))
    taken_back = Undoing(execution_id="pexec-0", step_ids=step_ids, **says)
    story.start(trigger="undo", undoing=taken_back, kept={"one": {"x": 7}})
    return story


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


def test_from_the_start_nothing_is_kept() -> None:
    story = started(action("one"), action("two"))
    story.complete("one", {"x": 7})
    story.fail("two")
    further = again(story, from_start=True)
    assert further.told == ["ExecutionStarted", "StepStarted one"]
    assert further.execution.rerun_of == "pexec-1"


def test_what_has_not_ended_is_not_run_again() -> None:
    assert refusal(started(action("one"))) == "still_running"
    assert refusal(started(action("one")), from_start=True) == "still_running"


def test_what_completed_is_run_again_from_its_start_only() -> None:
    story = started(action("one"))
    story.complete("one")
    assert refusal(story) == "nothing_failed"
    assert again(story, from_start=True).status("one") is StepStatus.RUNNING


def test_of_a_revision_that_nobody_knows_nothing_is_run_again() -> None:
    story = started(action("one"))
    story.fail("one")
    assert refusal(story, known=False) == "unknown_revision"


def test_an_undo_that_failed_takes_back_what_it_could_not() -> None:
    story = undo("two", "one", "zero")
    story.fail("undo-two")
    story.complete("undo-one")
    story.fail("undo-zero")
    assert story.execution.status is Status.FAILED
    further = again(story)
    assert further.told == ["ExecutionStarted", "StepStarted undo-two"]
    assert list(further.execution.steps) == ["undo-two", "undo-zero"]
    assert further.execution.kept == {"one": {"x": 7}}


def test_an_undo_from_its_start_takes_back_everything_again() -> None:
    story = undo("two", "one")
    story.complete("undo-two")
    story.fail("undo-one")
    assert list(again(story, from_start=True).execution.steps) == ["undo-two", "undo-one"]


def test_an_undo_that_was_cancelled_in_its_wait_waits_again() -> None:
    story = undo("one", due_at=Story(graph(action("one"))).at.replace(year=2027))
    story.cancel()
    assert again(story).told[1:] == ["StepStarted undo.wait", "StepWaiting undo.wait"]
