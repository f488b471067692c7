"""Delay steps: the flow waits for a time."""

from datetime import timedelta

import pytest

from engine.timers import next_timer
from schemas.executions import Status, StepStatus
from tests.examples import FINDING, NOON, action, code, started, step


def test_a_delay_waits_and_pauses_the_execution() -> None:
    story = started(step("wait", "delay", duration="15m"), action("after"))
    assert story.told[1:] == ["StepStarted wait", "StepWaiting wait"]
    assert story.status("wait") is StepStatus.WAITING
    assert story.execution.status is Status.PAUSED
    timer = next_timer(story.execution)
    assert timer is not None
    assert timer.due_at == story.execution.started_at + timedelta(minutes=15)


def test_the_flow_goes_on_when_the_time_has_come() -> None:
    story = started(step("wait", "delay", duration="PT15M"), action("after"))
    assert story.fire_next() == ["StepCompleted wait", "StepStarted after"]
    assert story.execution.status is Status.RUNNING


@pytest.mark.parametrize("until", ["2026-03-01T13:00:00Z", "{{ event.timestamp[:11] }}13:00:00Z"])
def test_a_delay_until_a_time_waits_for_it(until: str) -> None:
    story = started(step("wait", "delay", until=until))
    timer = next_timer(story.execution)
    assert timer is not None
    assert timer.due_at == NOON + timedelta(hours=1)


def test_a_time_that_has_passed_lets_the_flow_go_on_at_once() -> None:
    story = started(step("wait", "delay", until="2026-02-01T00:00:00Z"), action("after"))
    assert story.told[1:] == ["StepStarted wait", "StepCompleted wait", "StepStarted after"]


def test_a_template_that_gives_no_time_fails_the_step() -> None:
    story = started(step("wait", "delay", until="{{ finding.title }}"), action("after"))
    error = story.execution.steps["wait"].error
    assert error is not None
    assert error["code"] == "invalid_time"
    assert FINDING["data"]["title"] in error["message"]


def test_an_execution_that_waits_in_one_branch_and_runs_in_another_is_running() -> None:
    story = started(
        step("fork", "parallel", branches=[["wait"], ["work"]]),
        step("wait", "delay", duration=60),
        action("work"),
    )
    assert story.execution.status is Status.RUNNING
    story.complete("work")
    assert story.execution.status is Status.PAUSED


def test_a_result_for_a_delay_is_refused() -> None:
    story = started(step("wait", "delay", duration=60))
    assert code(story.complete("wait")) == "not_running"


def test_nobody_can_approve_a_delay() -> None:
    story = started(step("wait", "delay", duration=60))
    assert code(story.approve("wait")) == "not_waiting"
