"""Attempts of a step: retries and timeouts, as the events of an execution show them."""

from datetime import timedelta
from typing import Any

from schemas.executions import Status, StepStatus
from tests.examples import Story, action, graph, said, started


def test_the_retry_of_the_playbook_is_for_steps_without_their_own() -> None:
    story = started(action("one", retry={"max_attempts": 1}), on_failure="retry", max_retries=5)
    assert story.fail("one")[0] == "StepFailed one"


def test_retries_of_the_playbook_back_off_exponentially_and_then_abort() -> None:
    story = started(action("one"), on_failure="retry", max_retries=3)
    pauses = []
    for _ in range(3):
        assert story.fail("one") == ["StepRetryScheduled one"]
        run = story.execution.steps["one"]
        assert run.retry_at is not None
        pauses.append((run.retry_at - story.at).total_seconds())
        story.fire_next()
    assert story.fail("one")[-1] == "ExecutionFailed"
    assert [round(pause) for pause in pauses] == [1, 2, 4]
    assert all(abs(pause / 2**n - 1) <= 0.1 for n, pause in enumerate(pauses))


def test_while_a_retry_waits_the_execution_is_running() -> None:
    story = started(action("one", retry={"max_attempts": 2, "delay_seconds": 600}))
    story.fail("one")
    assert story.execution.status is Status.RUNNING
    assert story.status("one") is StepStatus.RUNNING


def test_a_timeout_is_a_failed_attempt_like_any_other() -> None:
    story = started(action("one", timeout_seconds=5, retry={"max_attempts": 2}))
    due_at = story.at + timedelta(seconds=5)
    assert story.fire_next() == ["StepRetryScheduled one"]
    assert said(story.events[-1].error, "code", "message") == (  # type: ignore[union-attr]
        "timed_out",
        f"no result by {due_at.isoformat()}",
    )
    assert story.fire_next() == ["StepStarted one"]
    assert story.timers() == ["one/1/2/timeout"]


def overdue(**says: Any) -> Story:
    """An action that may be tried again, and has no result in time."""
    return started(action("one", timeout_seconds=5, retry={"max_attempts": 3}, **says))


def test_an_attempt_without_a_result_that_may_have_taken_effect_is_not_made_again() -> None:
    story = overdue()
    assert story.fire_next(in_doubt=True) == ["StepFailed one", "ExecutionFailed"]
    error = story.execution.steps["one"].error
    assert error is not None
    assert error["code"] == "outcome_unknown"
    assert error["message"].startswith("act-log may or may not have taken effect: no result by")


def test_an_attempt_without_a_result_is_made_again_where_the_step_says_that_it_may_be() -> None:
    assert overdue(on_unknown="retry").fire_next(in_doubt=True) == ["StepRetryScheduled one"]


def test_whether_an_attempt_without_a_result_took_effect_is_asked_where_the_step_says_so() -> None:
    story = overdue(on_unknown="ask")
    assert story.fire_next(in_doubt=True) == ["StepWaiting one"]
    assert story.timers() == []
    assert story.approve("one")[-1] == "ExecutionCompleted"


def test_a_retry_has_the_action_and_the_secrets_of_the_first_attempt() -> None:
    story = started(
        action("one", parameters={"key": "Bearer {{ secrets.A }}"}, retry={"max_attempts": 2})
    )
    first = story.events[-1]
    story.fail("one")
    story.fire_next()
    names = ("action_ref", "input", "secrets")
    assert said(story.events[-1], *names) == said(first, *names)
    assert first.secrets == {"/key": ("Bearer ", {"secret": "A"})}  # type: ignore[union-attr]


def test_two_executions_that_fail_together_are_not_tried_again_together() -> None:
    found = set()
    for number in range(5):
        story = Story(graph(action("one")), execution_id=f"pexec-{number}")
        story.start()
        story.fail("one", retryable=True)
        found.add(story.execution.steps["one"].retry_at)
    assert len(found) == 5
