"""What cannot be evaluated or rendered fails its step, says where, and is not tried again."""

from typing import Any

import pytest

from schemas.commands import StepError
from tests.examples import Story, action, said, started, step

RETRY = {"max_attempts": 3}


def error_of(story: Story, step_id: str) -> StepError:
    """Return the error of the step's failure."""
    [failed] = [e for e in story.events if e.type == "StepFailed" and e.step_id == step_id]
    assert failed.type == "StepFailed"
    return failed.error


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (step("s", "condition", expression="finding.absent + 1"), "expression: "),
        (step("s", "switch", expression="finding.absent + 1", cases={"a": "end"}), "expression: "),
        (step("s", "while", expression="finding.absent + 1", steps=["body"]), "expression: "),
        (step("s", "approval", message="{{ finding.absent }}"), "message: "),
        (step("s", "playbook", playbook_id="p", parameters={"a": "{{ finding.absent }}"}), ""),
        (action("s", parameters={"a": "{{ finding.absent }}"}), ""),
        (step("s", "delay", until="{{ finding.absent }}"), ""),
    ],
    ids=lambda each: each["type"] if isinstance(each, dict) else "",
)
def test_a_missing_variable_fails_the_step_with_its_path_named(
    wrong: dict[str, Any], where: str
) -> None:
    body = [action("body")] if wrong["type"] == "while" else []
    story = started(wrong | {"retry": RETRY}, *body)
    error = error_of(story, "s")
    assert error.code == "missing_variable"
    assert error.message.startswith(where)
    assert "finding.absent" in error.message
    assert story.told[-1] == "ExecutionFailed"
    assert "StepRetryScheduled s" not in story.told


def test_a_failed_expression_follows_on_failure_and_does_not_hold_up_other_branches() -> None:
    story = started(
        step("fork", "parallel", branches=[["bad"], ["slow"]], on_failure="after"),
        step("bad", "condition", expression="finding.absent + 1"),
        action("slow"),
        action("after"),
    )
    assert story.told[1:] == [
        "StepStarted fork",
        "StepStarted bad",
        "StepFailed bad",
        "StepFailed fork",
        "StepStarted after",
    ]


def test_the_messages_of_failures_in_lists_name_the_step_that_failed() -> None:
    story = started(
        step("outer", "parallel", branches=[["loop"]], on_failure="continue"),
        step("loop", "while", expression="true", steps=["body"]),
        action("body"),
    )
    story.fail("body", "no route")
    loop, outer = error_of(story, "loop"), error_of(story, "outer")
    assert said(loop, "code", "message") == ("body_failed", "step body failed: no route")
    assert said(outer, "code") == ("branch_failed",)
    assert outer.message == "step loop failed: step body failed: no route"


def test_a_loop_that_goes_on_too_long_says_how_long() -> None:
    story = started(
        step("loop", "while", expression="true", steps=["body"], max_iterations=2),
        step("body", "condition", expression="true"),
    )
    assert said(error_of(story, "loop"), "code", "message") == (
        "max_iterations",
        "the expression still holds after 2 iterations",
    )


def test_an_approval_that_nobody_gives_in_time_says_so() -> None:
    story = started(step("ask", "approval", timeout_seconds=60))
    run = story.execution.steps["ask"]
    assert run.waiting is not None
    assert run.waiting.due_at is not None
    assert (run.waiting.due_at - story.at).total_seconds() == 60
    assert run.timeout_at is None
    story.fire_next()
    assert said(error_of(story, "ask"), "code", "message") == (
        "timed_out",
        "nobody approved it in time",
    )


@pytest.mark.parametrize(("note", "told"), [("", ""), ("too risky", ": too risky")])
def test_a_rejection_says_who_rejected_it_and_why(note: str, told: str) -> None:
    story = started(step("ask", "approval"))
    story.reject("ask", by="bob", note=note)
    assert said(error_of(story, "ask"), "code", "message") == ("rejected", f"rejected by bob{told}")
    [vote] = story.execution.steps["ask"].waiting.votes  # type: ignore[union-attr]
    assert said(vote, "by", "at", "approved", "note") == ("bob", story.at, False, note)


def test_a_time_that_is_none_is_told_as_it_was_given() -> None:
    story = started(step("wait", "delay", until="tomorrow"))
    error = error_of(story, "wait")
    assert error.code == "invalid_time"
    assert error.message.startswith("until gives 'tomorrow': write an RFC 3339 time")


def test_a_time_that_no_calendar_has_is_no_time() -> None:
    story = started(step("wait", "delay", until="{{ 10 ** 15 }}"))
    error = error_of(story, "wait")
    assert said(error, "code", "message") == (
        "invalid_time",
        "until gives 1000000000000000, which is no time",
    )


def test_playbooks_that_call_each_other_too_deep_fail_with_that_code() -> None:
    story = Story(started(step("call", "playbook", playbook_id="p")).graph)
    story.start(depth=8)
    assert said(error_of(story, "call"), "code", "message") == (
        "too_deep",
        "playbooks call each other more than 8 deep",
    )
