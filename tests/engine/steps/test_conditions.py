"""Condition and switch steps: given events, when a command, then events."""

import pytest

from schemas.executions import Status, StepStatus
from tests.examples import action, code, started, step


def asked(expression: str, **says: str) -> list[dict[str, object]]:
    links = {"on_true": "yes", "on_false": "no"} | says
    return [
        step("ask", "condition", expression=expression, **links),
        action("yes", on_success="end"),
        action("no"),
    ]


def test_a_condition_that_holds_leads_to_on_true_and_skips_the_other_way() -> None:
    story = started(*asked("finding.severity == 'critical'"))
    assert story.told == [
        "ExecutionStarted",
        "StepStarted ask",
        "StepCompleted ask",
        "StepSkipped no",
        "StepStarted yes",
    ]
    assert story.execution.steps["ask"].output == {"result": True, "next": "yes"}


def test_a_condition_that_does_not_hold_leads_to_on_false() -> None:
    story = started(*asked("finding.severity == 'low'"))
    assert story.told[-2:] == ["StepSkipped yes", "StepStarted no"]


def test_the_other_way_is_skipped_as_far_as_nothing_else_leads_there() -> None:
    story = started(
        step("ask", "condition", expression="finding.cvss > 9", on_true="deep", on_false="a"),
        action("a", on_success="b"),
        action("b", on_success="both"),
        action("deep", on_success="both"),
        action("both"),
    )
    assert story.told[-3:] == ["StepSkipped a", "StepSkipped b", "StepStarted deep"]
    assert story.status("both") is StepStatus.PENDING


def test_a_link_that_is_left_out_leads_to_the_next_in_the_list() -> None:
    story = started(
        step("ask", "condition", expression="finding.cvss > 9", on_false="end"), action("next-one")
    )
    assert story.told[-1] == "StepStarted next-one"


def test_on_false_end_completes_the_execution() -> None:
    story = started(
        step("ask", "condition", expression="finding.cvss < 9", on_false="end"), action("one")
    )
    assert story.told[-2:] == ["StepSkipped one", "ExecutionCompleted"]


def test_a_condition_that_cannot_be_evaluated_fails_its_step() -> None:
    story = started(*asked("finding.cvss + finding.title > 3"))
    assert story.told[-1] == "ExecutionFailed"
    error = story.execution.steps["ask"].error
    assert error is not None
    assert error["code"] == "template_failed"


def test_a_condition_can_ask_for_what_a_step_gave() -> None:
    story = started(
        action("look", on_success="ask"),
        *asked("{{ steps.look.output.hosts }} > 2"),
    )
    story.complete("look", {"hosts": 3})
    assert story.status("yes") is StepStatus.RUNNING


def test_a_step_that_was_not_visited_makes_a_comparison_false() -> None:
    story = started(*asked("steps.no.output.x == 1"))
    assert story.status("no") is StepStatus.RUNNING


@pytest.mark.parametrize(
    ("severity", "taken"),
    [("Critical", "page"), ("high", "mail"), ("low", "nothing")],
)
def test_a_switch_leads_to_the_case_that_the_value_names(severity: str, taken: str) -> None:
    story = started(
        step(
            "which",
            "switch",
            expression="event.data.severity",
            cases={"critical": "page", "HIGH": "mail"},
            default="nothing",
        ),
        action("page", on_success="end"),
        action("mail", on_success="end"),
        action("nothing"),
        event_data={"severity": severity},
    )
    assert [run.id for run in story.execution.steps.values() if run.status == "running"] == [taken]


def test_a_switch_without_match_and_default_goes_to_the_next() -> None:
    story = started(
        step("which", "switch", expression="finding.cvss", cases={"1": "one"}),
        action("next-one", on_success="end"),
        action("one"),
    )
    assert story.told[-2:] == ["StepSkipped one", "StepStarted next-one"]


def test_a_number_names_its_case_by_its_digits() -> None:
    story = started(
        step("which", "switch", expression="finding.cvss", cases={"9.8": "one"}, default="end"),
        action("one"),
    )
    assert story.told[-1] == "StepStarted one"


def test_a_result_for_a_condition_is_refused() -> None:
    story = started(*asked("finding.cvss > 9"))
    assert code(story.complete("ask")) == "not_running"


def test_after_on_true_the_execution_completes_with_the_other_way_skipped() -> None:
    story = started(*asked("finding.cvss > 9"))
    story.complete("yes")
    assert story.execution.status is Status.COMPLETED
    assert story.status("no") is StepStatus.SKIPPED
