"""The rules of a linear execution: given events, when a command, then events."""

from datetime import timedelta

import pytest

from engine.evolution import fold
from engine.timers import next_timer
from schemas.events import StepFailed
from schemas.executions import Status, StepStatus
from tests.examples import CRITICAL_FINDING_ALERT, NOON, Story, action, code, graph, started


def test_a_start_starts_the_execution_and_its_first_step() -> None:
    story = Story(graph(action("one"), action("two")))
    assert story.start() == ["ExecutionStarted", "StepStarted one"]
    assert story.execution.status is Status.RUNNING


def test_a_second_start_is_refused() -> None:
    assert code(started(action("one")).start()) == "already_started"


def test_a_completed_step_leads_to_the_next_in_the_list() -> None:
    story = started(action("one"), action("two"))
    assert story.complete("one") == ["StepCompleted one", "StepStarted two"]


def test_the_last_step_completes_the_execution() -> None:
    story = started(action("one"))
    assert story.complete("one") == ["StepCompleted one", "ExecutionCompleted"]
    assert story.execution.status is Status.COMPLETED


def test_on_success_leads_to_the_step_it_names() -> None:
    story = started(
        action("one", on_success="three"),
        action("two"),
        action("three", on_failure="two", on_success="end"),
    )
    assert story.complete("one") == ["StepCompleted one", "StepStarted three"]


def test_on_success_end_ends_the_flow_and_skips_what_was_not_reached() -> None:
    story = started(action("one", on_success="end", on_failure="two"), action("two"))
    assert story.complete("one") == ["StepCompleted one", "StepSkipped two", "ExecutionCompleted"]


def test_a_failed_step_aborts_by_default() -> None:
    story = started(action("one"), action("two"))
    assert story.fail("one") == ["StepFailed one", "StepSkipped two", "ExecutionFailed"]
    assert story.execution.status is Status.FAILED
    assert story.execution.reason == "step one failed: it broke"


def test_on_failure_continue_goes_on_as_if_it_had_succeeded() -> None:
    story = started(action("one", on_failure="continue"), action("two"))
    assert story.fail("one") == ["StepFailed one", "StepStarted two"]
    story.complete("two")
    assert story.execution.status is Status.COMPLETED
    assert story.execution.steps["one"].status is StepStatus.FAILED


def test_on_failure_leads_to_the_step_it_names() -> None:
    story = started(action("one", on_success="end", on_failure="tell"), action("tell"))
    assert story.fail("one") == ["StepFailed one", "StepStarted tell"]


def test_on_failure_end_ends_the_flow() -> None:
    story = started(action("one", on_failure="end"), action("two"))
    assert story.fail("one") == ["StepFailed one", "StepSkipped two", "ExecutionCompleted"]


def test_the_playbook_says_what_a_failure_does_when_the_step_does_not() -> None:
    story = started(action("one"), action("two"), on_failure="continue")
    assert story.fail("one") == ["StepFailed one", "StepStarted two"]


def test_on_failure_retry_tries_each_step_again_and_then_aborts() -> None:
    story = started(action("one"), on_failure="retry", max_retries=1)
    assert story.fail("one") == ["StepRetryScheduled one"]
    timer = next_timer(story.execution)
    assert timer is not None
    assert story.fire(timer.name, timer.due_at) == ["StepStarted one"]
    assert story.execution.steps["one"].attempt == 2
    assert story.fail("one") == ["StepFailed one", "ExecutionFailed"]


def test_a_retryable_error_gets_three_attempts_unasked() -> None:
    story = started(action("one"))
    for _ in range(2):
        assert story.fail("one", retryable=True) == ["StepRetryScheduled one"]
        timer = next_timer(story.execution)
        assert timer is not None
        story.fire(timer.name, timer.due_at)
    assert story.fail("one", retryable=True) == ["StepFailed one", "ExecutionFailed"]


def test_a_result_while_a_retry_waits_is_refused() -> None:
    story = started(action("one"))
    story.fail("one", retryable=True)
    assert code(story.complete("one")) == "not_running"


def test_a_late_result_of_an_earlier_attempt_is_refused() -> None:
    story = started(action("one"))
    story.fail("one", retryable=True)
    timer = next_timer(story.execution)
    assert timer is not None
    story.fire(timer.name, timer.due_at)
    assert code(story.complete("one", attempt=1)) == "late_result"


def test_a_repeated_result_is_refused() -> None:
    story = started(action("one"), action("two"))
    story.complete("one")
    assert code(story.complete("one")) == "not_running"


def test_a_result_of_a_step_that_does_not_exist_is_refused() -> None:
    story = started(action("one"))
    assert code(story.complete("nothing")) == "unknown_step"


def test_a_step_times_out() -> None:
    story = started(action("one", timeout_seconds=5))
    timer = next_timer(story.execution)
    assert timer is not None
    assert timer.due_at == NOON + timedelta(seconds=1 + 5)
    assert story.fire(timer.name, timer.due_at) == ["StepFailed one", "ExecutionFailed"]
    failed = story.events[-2]
    assert isinstance(failed, StepFailed)
    assert failed.error.code == "timed_out"


def test_a_timer_before_its_time_is_refused() -> None:
    story = started(action("one", timeout_seconds=60))
    timer = next_timer(story.execution)
    assert timer is not None
    story.at = NOON
    assert code(story.fire(timer.name, NOON + timedelta(seconds=2))) == "timer_gone"


def test_an_execution_times_out_as_failed() -> None:
    story = started(action("one"), action("two"), timeout_minutes=30)
    timer = next_timer(story.execution)
    assert timer is not None
    assert story.fire(timer.name, timer.due_at) == [
        "StepCancelled one",
        "StepSkipped two",
        "ExecutionFailed",
    ]
    assert story.execution.reason == "timed out"


def test_cancel_stops_what_runs_and_skips_the_rest() -> None:
    story = started(action("one"), action("two"))
    assert story.cancel(note="false alarm") == [
        "StepCancelled one",
        "StepSkipped two",
        "ExecutionCancelled",
    ]
    assert story.execution.status is Status.CANCELLED


def test_a_result_after_the_end_is_refused() -> None:
    story = started(action("one"))
    story.cancel()
    assert code(story.complete("one")) == "already_ended"


def test_a_command_to_an_unknown_execution_is_refused() -> None:
    assert code(Story(graph(action("one"))).cancel()) == "unknown_execution"


def test_a_missing_variable_fails_the_step_and_names_the_path() -> None:
    story = Story(graph(action("one", parameters={"text": "{{ finding.titel }}"})))
    assert story.start() == [
        "ExecutionStarted",
        "StepStarted one",
        "StepFailed one",
        "ExecutionFailed",
    ]
    assert "finding.titel" in str(story.execution.reason)


def test_parameters_are_rendered_from_the_finding_and_earlier_steps() -> None:
    story = started(*CRITICAL_FINDING_ALERT["steps"])
    assert story.execution.steps["notify"].input["message"] == (
        "Critical finding: SQL Injection in login form"
    )
    story.complete("notify", {"message_ts": "1.0"})
    assert story.execution.steps["create-ticket"].input["summary"] == "SQL Injection in login form"


def test_a_retry_uses_the_parameters_of_the_first_attempt() -> None:
    story = started(action("one", parameters={"text": "{{ finding.title }}"}))
    before = story.execution.steps["one"].input
    story.fail("one", retryable=True)
    timer = next_timer(story.execution)
    assert timer is not None
    story.fire(timer.name, timer.due_at)
    assert story.execution.steps["one"].input == before


def test_history_never_runs_backwards() -> None:
    story = started(action("one"), action("two"))
    story.at = NOON - timedelta(hours=1)
    story.complete("one")
    times = [event.at for event in story.events]
    assert times == sorted(times)


@pytest.mark.parametrize("ending", ["complete", "fail", "cancel"])
def test_sequence_has_no_gaps(ending: str) -> None:
    story = started(action("one"), action("two"))
    story.cancel() if ending == "cancel" else getattr(story, ending)("one")
    assert [event.sequence for event in story.events] == list(range(1, len(story.events) + 1))


def test_the_fold_of_the_history_is_the_state() -> None:
    story = started(action("one"), action("two"))
    story.complete("one", {"n": 1})
    middle = fold(None, story.events[:2])
    assert fold(middle, story.events[2:]) == story.execution


def test_between_two_events_of_a_decision_the_execution_is_running_too() -> None:
    story = started(action("one"), action("two"))
    story.complete("one")
    states = [fold(None, story.events[:count]) for count in range(1, 5)]
    assert [each and each.status for each in states] == [Status.RUNNING] * 4
