"""Approval steps: the flow waits for people."""

from schemas.commands import CompleteStep, FailStep, StepError
from schemas.executions import Status, StepStatus
from tests.examples import Story, action, code, started, step


def asking(**says: object) -> Story:
    return started(step("ask", "approval", **says), action("after"))


def test_an_approval_waits_with_its_message_rendered() -> None:
    story = asking(message="Isolate {{ asset.name }}?")
    waiting = story.execution.steps["ask"].waiting
    assert waiting is not None
    assert waiting.message == "Isolate app.example.com?"
    assert story.execution.status is Status.PAUSED


def test_an_approval_that_is_given_lets_the_flow_go_on() -> None:
    story = asking()
    assert story.approve("ask", note="go") == [
        "ApprovalRecorded ask",
        "StepCompleted ask",
        "StepStarted after",
    ]
    assert story.execution.steps["ask"].output == {"approved_by": ["alice"], "notes": ["go"]}


def test_a_rejection_fails_the_step() -> None:
    story = asking()
    assert story.reject("ask", note="not now") == [
        "ApprovalRecorded ask",
        "StepFailed ask",
        "StepSkipped after",
        "ExecutionFailed",
    ]
    assert story.execution.reason == "step ask failed: rejected by alice: not now"


def test_as_many_must_agree_as_are_required() -> None:
    story = asking(required=2)
    assert story.approve("ask", by="alice") == ["ApprovalRecorded ask"]
    assert story.status("ask") is StepStatus.WAITING
    assert story.approve("ask", by="bob")[-1] == "StepStarted after"


def test_the_same_person_does_not_count_twice() -> None:
    story = asking(required=2)
    story.approve("ask", by="alice")
    assert code(story.approve("ask", by="alice")) == "already_voted"


def test_who_is_no_approver_is_refused() -> None:
    story = asking(approvers=["bob", "carol"])
    assert code(story.approve("ask", by="alice")) == "not_an_approver"
    assert story.approve("ask", by="bob")[-1] == "StepStarted after"


def test_a_second_approval_is_refused() -> None:
    story = asking()
    story.approve("ask")
    assert code(story.approve("ask", by="bob")) == "not_waiting"


def test_what_is_handed_in_with_an_approval_is_the_output() -> None:
    story = asking()
    story.approve("ask", output={"ticket": "SEC-1"})
    assert story.execution.steps["ask"].output == {"ticket": "SEC-1"}


def test_an_approval_that_nobody_gives_in_time_is_rejected() -> None:
    story = asking(timeout_seconds=3600)
    assert story.fire_next() == ["StepFailed ask", "StepSkipped after", "ExecutionFailed"]


def test_on_timeout_approve_goes_on() -> None:
    story = asking(timeout_seconds=3600, on_timeout="approve")
    assert story.fire_next() == ["StepCompleted ask", "StepStarted after"]
    assert story.execution.steps["ask"].output == {"approved_by": [], "timed_out": True}


def test_an_approval_of_an_earlier_visit_is_refused() -> None:
    assert code(asking().approve("ask", visit=7)) == "late_result"


def test_a_decision_that_is_told_twice_does_not_decide_the_next_round() -> None:
    story = started(
        step("loop", "while", expression="loop.index < 2", steps=["ask"]), step("ask", "approval")
    )
    assert story.approve("ask", visit=1)[-1] == "StepWaiting ask"
    assert code(story.approve("ask", visit=1)) == "late_result"


def test_an_approval_of_an_unknown_step_is_refused() -> None:
    assert code(asking().approve("nothing")) == "unknown_step"


def unknown(**says: object) -> Story:
    return started(action("block", **says), action("after"))


def lose(story: Story) -> object:
    error = StepError(code="outcome_unknown", message="the worker died meanwhile")
    run = story.execution.steps["block"]
    return story.give(
        FailStep(
            id="lost",
            execution_id=story.execution_id,
            at=story.at,
            step_id="block",
            visit=run.visit,
            attempt=run.attempt,
            error=error,
        )
    )


def test_an_unknown_outcome_fails_the_step_unless_it_says_otherwise() -> None:
    assert lose(unknown()) == ["StepFailed block", "StepSkipped after", "ExecutionFailed"]


def test_an_unknown_outcome_is_tried_again_where_the_step_says_so() -> None:
    assert lose(unknown(on_unknown="retry")) == ["StepRetryScheduled block"]


def test_an_unknown_outcome_is_asked_for_where_the_step_says_so() -> None:
    story = unknown(on_unknown="ask", timeout_seconds=30)
    assert lose(story) == ["StepWaiting block"]
    assert story.execution.status is Status.PAUSED
    assert story.approve("block", output={"id": 7}) == [
        "ApprovalRecorded block",
        "StepCompleted block",
        "StepStarted after",
    ]
    assert story.execution.steps["block"].output == {"id": 7}


def test_who_says_that_an_action_took_no_effect_fails_its_step() -> None:
    story = unknown(on_unknown="ask")
    lose(story)
    assert story.reject("block")[-1] == "ExecutionFailed"


def late(story: Story) -> CompleteStep:
    run = story.execution.steps["block"]
    return CompleteStep(
        id="late",
        execution_id=story.execution_id,
        at=story.at,
        step_id="block",
        visit=run.visit,
        attempt=run.attempt,
        output={"id": 7},
    )


def test_who_reports_late_that_an_action_took_effect_answers_the_question() -> None:
    story = unknown(on_unknown="ask")
    lose(story)
    assert story.give(late(story)) == ["StepCompleted block", "StepStarted after"]
    assert story.execution.steps["block"].output == {"id": 7}


def test_an_outcome_that_is_asked_for_is_not_asked_for_twice() -> None:
    story = unknown(on_unknown="ask")
    lose(story)
    assert code(lose(story)) == "not_running"
