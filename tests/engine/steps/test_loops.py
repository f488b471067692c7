"""While steps: the body is repeated as long as the expression holds."""

from typing import Any

from schemas.executions import Status, StepStatus
from tests.examples import Story, action, started, step


def looping(expression: str = "not steps.look.output.clean", **says: Any) -> Story:
    loop = step("loop", "while", expression=expression, steps=["look", "tell"], **says)
    tell = action("tell", parameters={"round": "{{ loop.index }}"})
    return started(loop, action("look"), tell, action("after"))


def test_the_expression_is_asked_before_the_first_time() -> None:
    story = looping("finding.cvss > 99")
    assert story.told[1:] == [
        "StepStarted loop",
        "StepCompleted loop",
        "StepStarted after",
    ]
    assert story.execution.steps["loop"].output == {"iterations": 0}


def test_the_body_is_repeated_as_long_as_the_expression_holds() -> None:
    story = looping()
    story.complete("look", {"clean": False})
    assert story.complete("tell") == ["StepCompleted tell", "StepStarted look"]
    story.complete("look", {"clean": True})
    assert story.complete("tell") == [
        "StepCompleted tell",
        "StepCompleted loop",
        "StepStarted after",
    ]
    assert story.execution.steps["loop"].output == {"iterations": 2}


def test_loop_index_counts_from_zero() -> None:
    story = looping()
    rounds = []
    for clean in (False, False, True):
        story.complete("look", {"clean": clean})
        rounds.append(story.execution.steps["tell"].input["round"])
        story.complete("tell")
    assert rounds == [0, 1, 2]


def test_each_time_round_is_a_visit_of_its_own() -> None:
    story = looping()
    story.complete("look", {"clean": False})
    story.complete("tell")
    run = story.execution.steps["look"]
    assert (run.visit, run.attempt, run.frame) == (2, 1, "loop/1.1/1")


def test_at_max_iterations_the_step_fails() -> None:
    story = looping(max_iterations=1)
    story.complete("look", {"clean": False})
    assert story.complete("tell") == [
        "StepCompleted tell",
        "StepFailed loop",
        "StepSkipped after",
        "ExecutionFailed",
    ]
    error = story.execution.steps["loop"].error
    assert error is not None
    assert error["code"] == "max_iterations"


def test_a_failure_in_the_body_fails_the_loop() -> None:
    story = looping(on_failure="continue")
    assert story.fail("look") == ["StepFailed look", "StepFailed loop", "StepStarted after"]


def test_end_in_the_body_ends_the_round_not_the_execution() -> None:
    story = started(
        step("loop", "while", expression="loop.index < 2", steps=["ask", "rare"]),
        step("ask", "condition", expression="false", on_false="end"),
        action("rare"),
        action("after"),
    )
    assert story.status("after") is StepStatus.RUNNING
    assert story.execution.steps["loop"].output == {"iterations": 2}


def test_a_loop_of_decisions_only_ends_at_the_limit_of_visits() -> None:
    story = started(
        step("outer", "while", expression="true", steps=["inner"], max_iterations=1000),
        step("inner", "while", expression="loop.index < 50", steps=["ask"], max_iterations=1000),
        step("ask", "condition", expression="true"),
    )
    assert story.execution.status is Status.FAILED
    assert story.execution.reason == "more than 1000 step visits"


def test_what_a_round_skips_can_be_visited_in_the_next() -> None:
    story = started(
        step("loop", "while", expression="loop.index < 2", steps=["ask", "once", "always"]),
        step("ask", "condition", expression="loop.index == 1", on_true="once", on_false="always"),
        action("once", on_success="always"),
        action("always"),
    )
    assert story.status("once") is StepStatus.PENDING
    story.complete("always")
    assert story.status("once") is StepStatus.RUNNING


def test_a_parallel_step_in_a_loop_runs_anew_each_time() -> None:
    story = started(
        step("loop", "while", expression="loop.index < 2", steps=["fork"]),
        step("fork", "parallel", branches=[["a"], ["b"]]),
        action("a"),
        action("b"),
    )
    story.complete("a")
    assert story.complete("b") == [
        "StepCompleted b",
        "StepCompleted fork",
        "StepStarted fork",
        "StepStarted a",
        "StepStarted b",
    ]
    story.complete("b")
    assert story.complete("a")[-1] == "ExecutionCompleted"
