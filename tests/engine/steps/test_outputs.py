"""What each type of step gives: its output, as later steps can name it."""

from datetime import UTC, datetime

import pytest

from engine.evolution import fold
from engine.identities import child_execution_id
from schemas.commands import FailStep, StepError
from schemas.executions import StepStatus
from tests.examples import NOON, Story, action, graph, said, started, step


def test_a_condition_gives_its_result_and_where_it_led() -> None:
    story = started(step("ask", "condition", expression="true", on_true="end"), action("no"))
    assert story.execution.steps["ask"].output == {"result": True, "next": "end"}
    assert story.events[-2].reason == "ask was true"  # type: ignore[union-attr]


@pytest.mark.parametrize(("value", "case"), [("A", "a"), ("z", None)])
def test_a_switch_gives_its_value_its_case_and_where_it_led(value: str, case: str | None) -> None:
    story = started(
        step("which", "switch", expression=f"'{value}'", cases={"a": "end"}, default="end"),
        action("other"),
    )
    assert story.execution.steps["which"].output == {"value": value, "case": case, "next": "end"}
    assert story.events[-2].reason == "which took another way"  # type: ignore[union-attr]


@pytest.mark.parametrize("expression", ["finding.absent", "none"])
def test_a_switch_on_nothing_takes_the_default(expression: str) -> None:
    story = started(
        step("which", "switch", expression=expression, cases={"none": "no"}, default="yes"),
        action("no", on_success="end"),
        action("yes"),
    )
    assert story.told[-1] == "StepStarted yes"


def test_a_case_is_named_whatever_its_letters() -> None:
    story = started(
        step("which", "switch", expression="'CRITICAL'", cases={"Critical": "yes"}, default="end"),
        action("yes"),
    )
    assert story.told[-1] == "StepStarted yes"


def test_what_a_switch_passed_by_is_skipped_at_once_and_what_it_may_come_to_is_not() -> None:
    story = started(
        step("which", "switch", expression="'a'", cases={"a": "a", "b": "b"}, default="end"),
        action("a", on_success="c"),
        action("b", on_success="c"),
        action("c"),
    )
    assert story.told[3:] == ["StepSkipped b", "StepStarted a"]
    assert story.status("c") is StepStatus.PENDING


@pytest.mark.parametrize(("first", "branch"), [("a", 0), ("b", 1)])
def test_a_parallel_step_with_any_gives_the_branch_that_won(first: str, branch: int) -> None:
    story = started(
        step("fork", "parallel", branches=[["a"], ["b"]], join="any"), action("a"), action("b")
    )
    story.complete(first)
    assert story.execution.steps["fork"].output == {"branch": branch}
    [lost] = [event for event in story.events if event.type == "StepCancelled"]
    assert lost.reason == f"branch {branch} came first"


def test_a_parallel_step_with_all_gives_nothing_of_its_own() -> None:
    story = started(step("fork", "parallel", branches=[["a"]]), action("a"))
    story.complete("a")
    assert story.execution.steps["fork"].output is None


def test_a_branch_that_is_cancelled_with_its_parallel_step_says_why() -> None:
    story = started(
        step("fork", "parallel", branches=[["inner"], ["c"]], on_failure="continue"),
        step("inner", "parallel", branches=[["a"], ["b"]]),
        action("a"),
        action("b"),
        action("c"),
    )
    story.fail("c")
    cancelled = [event for event in story.events if event.type == "StepCancelled"]
    assert [said(event, "step_id", "reason") for event in cancelled] == [
        ("a", "step fork failed"),
        ("b", "step fork failed"),
        ("inner", "step fork failed"),
    ]


def test_a_playbook_step_that_does_not_wait_gives_the_id_of_the_execution() -> None:
    story = started(step("call", "playbook", playbook_id="p", wait=False))
    child_id = child_execution_id("pexec-1", "call", 1, 1)
    assert story.execution.steps["call"].output == {"execution_id": child_id}
    assert story.execution.steps["call"].child_id == child_id


def test_each_attempt_of_a_playbook_step_is_an_execution_of_its_own() -> None:
    story = started(step("call", "playbook", playbook_id="p", retry={"max_attempts": 2}))
    story.fail("call")
    story.fire_next()
    assert story.execution.steps["call"].child_id == child_execution_id("pexec-1", "call", 1, 2)


def test_the_parameters_of_a_playbook_step_are_rendered() -> None:
    says = {"title": "{{ finding.title }}"}
    story = started(step("call", "playbook", playbook_id="p", parameters=says))
    assert story.execution.steps["call"].input == {"title": "SQL Injection in login form"}


def test_an_approval_gives_who_agreed_and_what_they_noted() -> None:
    story = started(step("ask", "approval", required=2))
    story.approve("ask", by="alice", note="fine")
    story.approve("ask", by="bob")
    assert story.execution.steps["ask"].output == {
        "approved_by": ["alice", "bob"],
        "notes": ["fine"],
    }
    assert [e.note for e in story.events if e.type == "ApprovalRecorded"] == ["fine", ""]


def test_an_approval_that_expires_as_given_names_those_who_agreed() -> None:
    story = started(step("ask", "approval", required=2, timeout_seconds=9, on_timeout="approve"))
    story.approve("ask", by="alice")
    story.fire_next()
    assert story.execution.steps["ask"].output == {"approved_by": ["alice"], "timed_out": True}


def test_in_a_dry_run_everybody_agrees() -> None:
    story = Story(graph(step("ask", "approval")))
    story.start(dry_run=True)
    assert story.execution.steps["ask"].output == {"approved_by": [], "dry_run": True}


def test_whether_an_action_took_effect_is_asked_in_words() -> None:
    story = started(action("one", on_unknown="ask", timeout_seconds=60))
    error = StepError(code="outcome_unknown", message="the connection was lost")
    facts = {"id": "late", "execution_id": "pexec-1", "at": story.at}
    story.give(FailStep(**facts, step_id="one", visit=1, attempt=1, error=error))
    run = story.execution.steps["one"]
    assert run.waiting is not None
    assert run.waiting.message == "Did act-log take effect? the connection was lost"
    assert run.timeout_at is None
    assert fold(None, story.events) == story.execution


@pytest.mark.parametrize("until", ["{{ 1772370000 }}", "2026-03-01T14:00:00+01:00"])
def test_a_delay_until_a_number_or_a_time_elsewhere_is_until_that_moment(until: str) -> None:
    story = started(step("wait", "delay", until=until))
    due_at = story.execution.steps["wait"].waiting.due_at  # type: ignore[union-attr]
    assert due_at == datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    assert due_at is not None
    assert due_at.tzinfo is UTC


def test_a_delay_until_now_does_not_wait() -> None:
    story = Story(graph(step("wait", "delay", until="{{ execution.started_at }}")))
    story.start()
    assert story.told[-2:] == ["StepCompleted wait", "ExecutionCompleted"]
    assert story.at > NOON
