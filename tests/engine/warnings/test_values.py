"""Warnings about what templates and expressions read."""

from typing import Any

import pytest

from tests.engine.warnings.warned import document, reading, warned
from tests.examples import action, step

TEXT = "/parameters/text"
ONE = action("one", on_success="next")
FORK = step("fork", "parallel", branches=[["one"], ["two"]], join="any")


def test_an_output_of_a_step_that_always_comes_before_is_fine() -> None:
    assert warned(document(action("one"), reading("{{ steps.one.output.key }}"))) == {}


@pytest.mark.parametrize(
    "steps",
    [
        [step("ask", "condition", expression="finding.a", on_false="last"), ONE],
        [action("before", on_failure="last"), ONE],
        [action("one", on_failure="last", on_success="last")],
        [action("one", on_failure="continue")],
        [FORK, ONE, action("two")],
        [step("loop", "while", expression="finding.a", steps=["one"]), action("one")],
    ],
    ids=["a branch", "a detour", "its own failure", "continue", "any of several", "a loop"],
)
def test_an_output_that_is_not_there_on_every_way_is_warned_of(steps: list[Any]) -> None:
    found = warned(document(*steps, reading("{{ steps.one.output.key }}")))
    assert "has not completed on every way to last" in found[f"/steps/{len(steps)}{TEXT}"]


def test_the_continue_of_a_whole_playbook_makes_every_output_uncertain() -> None:
    said = document(action("one"), reading("{{ steps.one.output.key }}"), on_failure="continue")
    assert list(warned(said)) == [f"/steps/1{TEXT}"]


def test_all_branches_have_completed_when_the_flow_goes_on() -> None:
    fork = step("fork", "parallel", branches=[["one"], ["two"]])
    last = reading("{{ steps.one.output }} {{ steps.two.output }}")
    assert warned(document(fork, action("one"), action("two"), last)) == {}


def test_a_branch_cannot_rely_on_another_one() -> None:
    fork = step("fork", "parallel", branches=[["one"], ["two"]])
    found = warned(document(fork, action("one"), reading("{{ steps.one.output }}", "two")))
    assert list(found) == [f"/steps/2{TEXT}"]


def test_ways_that_meet_again_have_in_common_what_was_before() -> None:
    ask = step("ask", "condition", expression="finding.a", on_false="other")
    said = document(
        action("one"),
        ask,
        action("this", on_success="last"),
        action("other", on_success="next"),
        reading("{{ steps.one.output }}"),
    )
    assert warned(said) == {}


@pytest.mark.parametrize(
    "text",
    [
        "{{ steps.one.output.key | default('none') }}",
        "{% if steps.one.status == 'completed' %}{{ steps.one.output.key }}{% endif %}",
        "{{ 'yes' if steps.one.output is defined else 'no' }}",
    ],
)
def test_who_provides_for_absence_is_not_warned(text: str) -> None:
    ask = step("ask", "condition", expression="finding.a", on_false="last")
    assert warned(document(ask, action("one", on_success="next"), reading(text))) == {}


def test_an_expression_may_ask_for_what_is_not_always_there() -> None:
    ask = step("ask", "condition", expression="finding.a", on_false="decide")
    decide = step("decide", "condition", expression="steps.one.output.key == 1", on_true="end")
    assert warned(document(ask, action("one", on_success="next"), decide, action("two"))) == {}


def test_a_step_that_does_not_exist_is_warned_of_in_both() -> None:
    decide = step("decide", "condition", expression="steps.nofity.output.ok", on_false="end")
    found = warned(document(action("notify"), decide, reading("{{ steps.notfy.output.ok }}")))
    assert "there is no step nofity: did you mean notify" in found["/steps/1/expression"]
    assert "there is no step notfy: did you mean notify" in found[f"/steps/2{TEXT}"]


def test_a_step_that_comes_later_is_warned_of() -> None:
    decide = step("decide", "condition", expression="steps.after.output.ok", on_false="end")
    found = warned(document(reading("{{ steps.first.output }}", "first"), decide, action("after")))
    assert "step first never runs before first" in found[f"/steps/0{TEXT}"]
    assert "step after never runs before decide" in found["/steps/1/expression"]


def test_a_loop_may_read_what_its_rounds_have_done() -> None:
    loop = step("loop", "while", expression="steps.work.output.more != false", steps=["work"])
    assert warned(document(loop, reading("{{ steps.work.output | default(0) }}", "work"))) == {}


def test_an_output_without_its_name_is_warned_of() -> None:
    found = warned(document(action("one"), reading("{{ steps.one.key }}")))
    assert "did you mean steps.one.output.key" in found[f"/steps/1{TEXT}"]


def test_a_name_that_leads_nowhere_is_warned_of() -> None:
    found = warned(document(reading("{{ title }} {{ fnding.title }}")))
    assert "a field of the finding is finding.title" in found[f"/steps/0{TEXT}"]
    assert "did you mean finding" in found[f"/steps/0{TEXT}"]


def test_a_name_that_a_template_makes_is_fine() -> None:
    text = (
        "{% set n = 1 %}{% for tag in finding.tags %}{{ tag }}{{ loop.index }}{{ n }}{% endfor %}"
    )
    assert warned(document(reading(text))) == {}


def test_a_parameter_that_is_not_declared_is_warned_of() -> None:
    said = document(reading("{{ parameters.chanel }}"), parameters={"channel": {"default": "a"}})
    assert (
        "no parameter chanel is declared: did you mean channel" in warned(said)[f"/steps/0{TEXT}"]
    )
    assert warned(document(reading("{{ parameters.anything }}"))) == {}


def test_a_schedule_brings_no_finding() -> None:
    trigger = {"event": "schedule", "cron": "0 8 * * 1"}
    found = warned(document(reading("{{ finding.title }}"), trigger=trigger))
    assert "a schedule brings no finding" in found[f"/steps/0{TEXT}"]
    assert warned(document(reading("{{ finding.title | default('-') }}"), trigger=trigger)) == {}


@pytest.mark.parametrize(
    ("says", "pointer"),
    [
        (step("last", "approval", message="{{ steps.x }}", timeout_seconds=60), "/message"),
        (step("last", "delay", until="{{ steps.x }}"), "/until"),
        (step("last", "switch", expression="steps.x", cases={"a": "next"}, default="end"), ""),
        (step("last", "playbook", playbook_id="pb", parameters={"a": ["{{ steps.x }}"]}), ""),
    ],
    ids=["approval", "delay", "switch", "playbook"],
)
def test_every_type_of_step_is_looked_at(says: dict[str, Any], pointer: str) -> None:
    [(at, message)] = warned(document(says, action("after"))).items()
    assert at.startswith(f"/steps/0{pointer}")
    assert "there is no step x" in message
