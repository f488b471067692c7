"""Parallel steps: branches run at once, and join."""

from schemas.executions import Status, StepStatus
from tests.examples import Story, action, code, started, step


def fork(*, join: str = "all", **says: object) -> dict[str, object]:
    return step("fork", "parallel", branches=[["a1", "a2"], ["b"]], join=join, **says)


def forked(*, join: str = "all", **says: object) -> Story:
    return started(
        fork(join=join, **says), action("a1"), action("a2"), action("b"), action("after")
    )


def test_every_branch_starts_at_once() -> None:
    assert forked().told[1:] == ["StepStarted fork", "StepStarted a1", "StepStarted b"]


def test_inside_a_branch_the_next_step_is_the_next_of_its_list() -> None:
    assert forked().complete("a1") == ["StepCompleted a1", "StepStarted a2"]


def test_the_step_completes_when_all_branches_have_come_to_their_end() -> None:
    story = forked()
    assert story.complete("b") == ["StepCompleted b"]
    story.complete("a1")
    assert story.complete("a2") == ["StepCompleted a2", "StepCompleted fork", "StepStarted after"]


def test_a_failed_branch_fails_the_step_and_cancels_the_others() -> None:
    assert forked().fail("b") == [
        "StepFailed b",
        "StepCancelled a1",
        "StepFailed fork",
        "StepSkipped a2",
        "StepSkipped after",
        "ExecutionFailed",
    ]


def test_the_failure_of_a_branch_follows_on_failure_of_the_parallel_step() -> None:
    story = started(
        fork(on_success="end", on_failure="after"),
        action("a1"),
        action("a2"),
        action("b"),
        action("after"),
    )
    assert story.fail("b")[-1] == "StepStarted after"
    story.complete("after")
    assert story.execution.status is Status.COMPLETED


def test_abort_said_by_a_step_of_a_branch_aborts_the_execution() -> None:
    story = started(
        fork(on_failure="continue"),
        action("a1"),
        action("a2"),
        action("b", on_failure="abort"),
        action("after"),
    )
    assert story.fail("b")[-1] == "ExecutionFailed"


def test_a_handled_failure_in_a_branch_leaves_the_branch_going() -> None:
    story = started(
        fork(), action("a1", on_failure="continue"), action("a2"), action("b"), action("after")
    )
    assert story.fail("a1") == ["StepFailed a1", "StepStarted a2"]


def test_with_any_the_first_branch_wins_and_the_losers_are_cancelled() -> None:
    assert forked(join="any").complete("b") == [
        "StepCompleted b",
        "StepCancelled a1",
        "StepCompleted fork",
        "StepStarted after",
    ]


def test_with_any_a_failed_branch_leaves_the_others_their_chance() -> None:
    story = forked(join="any")
    assert story.fail("b") == ["StepFailed b"]
    story.complete("a1")
    assert story.complete("a2")[-1] == "StepStarted after"


def test_with_any_the_step_fails_when_every_branch_has_failed() -> None:
    story = forked(join="any")
    story.fail("a1")
    assert story.fail("b") == [
        "StepFailed b",
        "StepFailed fork",
        "StepSkipped a2",
        "StepSkipped after",
        "ExecutionFailed",
    ]


def test_the_late_result_of_a_cancelled_branch_is_refused() -> None:
    story = forked(join="any")
    story.complete("b")
    assert code(story.complete("a1")) == "not_running"


def test_a_branch_that_ends_at_once_does_not_join_before_the_others_have_started() -> None:
    story = started(
        step("fork", "parallel", branches=[["quick"], ["slow"]]),
        step("quick", "condition", expression="true"),
        action("slow"),
    )
    assert story.told[-3:] == ["StepStarted quick", "StepCompleted quick", "StepStarted slow"]
    assert story.status("fork") is StepStatus.RUNNING


def test_with_any_a_branch_that_ends_at_once_wins() -> None:
    story = started(
        step("fork", "parallel", branches=[["quick"], ["slow"]], join="any"),
        step("quick", "condition", expression="true"),
        action("slow"),
    )
    assert story.execution.status is Status.COMPLETED


def test_parallels_nest_and_a_failure_goes_outwards() -> None:
    story = started(
        step("outer", "parallel", branches=[["inner"], ["c"]], on_failure="continue"),
        step("inner", "parallel", branches=[["a"], ["b"]]),
        action("a"),
        action("b"),
        action("c"),
        action("after"),
    )
    assert story.fail("a") == [
        "StepFailed a",
        "StepCancelled b",
        "StepFailed inner",
        "StepCancelled c",
        "StepFailed outer",
        "StepStarted after",
    ]


def test_the_timeout_of_a_parallel_step_cancels_its_branches() -> None:
    story = started(
        fork(timeout_seconds=60), action("a1"), action("a2"), action("b"), action("after")
    )
    fired = story.fire_next()
    assert isinstance(fired, list)
    assert fired[:3] == ["StepCancelled a1", "StepCancelled b", "StepFailed fork"]


def test_a_retry_of_a_parallel_step_runs_its_branches_again() -> None:
    story = started(
        fork(retry={"max_attempts": 2}), action("a1"), action("a2"), action("b"), action("after")
    )
    assert story.fail("b") == ["StepFailed b", "StepCancelled a1", "StepRetryScheduled fork"]
    assert story.fire_next() == ["StepStarted fork", "StepStarted a1", "StepStarted b"]
    assert story.execution.steps["b"].visit == 2


def test_a_branch_held_by_a_pause_is_not_started_when_its_parallel_step_is_tried_again() -> None:
    story = forked(retry={"max_attempts": 2})
    story.pause()
    story.complete("a1")
    assert story.fail("b") == ["StepFailed b", "StepRetryScheduled fork"]
    assert story.resume() == ["ExecutionResumed"]


def test_a_parallel_step_has_no_result_but_what_becomes_of_its_branches() -> None:
    story = forked()
    assert code(story.complete("fork")) == "not_running"
    assert code(story.fail("fork")) == "not_running"


def test_an_execution_in_which_a_parallel_step_is_about_to_be_tried_again_runs() -> None:
    story = started(
        step("outer", "parallel", branches=[["wait"], ["fork"]]),
        step("wait", "delay", duration=3_600),
        step("fork", "parallel", branches=[["a"]], retry={"max_attempts": 2}),
        action("a"),
    )
    assert story.fail("a") == ["StepFailed a", "StepRetryScheduled fork"]
    assert story.execution.status is Status.RUNNING


def test_parallel_steps_beside_each_other_join_each_by_itself() -> None:
    ids = ("a", "b", "c", "d")
    story = started(
        step("outer", "parallel", branches=[["left"], ["right"]]),
        step("left", "parallel", branches=[["a"], ["b"]]),
        step("right", "parallel", branches=[["c"], ["d"]]),
        *(step(each, "condition", expression="true") for each in ids),
    )
    assert story.execution.status is Status.COMPLETED
    assert {run.status for run in story.execution.steps.values()} == {StepStatus.COMPLETED}


def test_a_handled_failure_in_a_branch_does_not_fail_the_step() -> None:
    story = started(
        step("fork", "parallel", branches=[["a"], ["b"]]),
        action("a", on_failure="continue"),
        action("b"),
        action("after"),
    )
    story.fail("a")
    assert story.complete("b")[-2:] == ["StepCompleted fork", "StepStarted after"]


def test_a_loser_that_failed_does_not_fail_what_is_around_the_step_that_it_lost() -> None:
    story = started(
        step("outer", "parallel", branches=[["inner"], ["c"]]),
        step("inner", "parallel", branches=[["a"], ["b"]], join="any"),
        action("a"),
        action("b"),
        action("c"),
    )
    story.fail("a")
    story.complete("b")
    assert story.complete("c")[-2:] == ["StepCompleted outer", "ExecutionCompleted"]
