"""What single steps and triggers say: everything that is wrong with them, and where."""

from typing import Any

import pytest

from engine.playbooks import problems
from tests.examples import action, step


def found(*steps: dict[str, Any], **says: Any) -> dict[str, str]:
    """Return the messages about a playbook of these steps, by pointer."""
    document = {
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new"},
        "steps": list(steps) or [action("one")],
    }
    return {problem.pointer: problem.message for problem in problems(document | says)}


UNDO = {"action_ref": "act-log"}

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "an expression that is none",
        step("a", "condition", expression="finding.cvss >"),
        "/expression",
        "",
    ),
    ("a delay without a time", step("a", "delay"), "", "either duration or until"),
    ("a delay with two times", step("a", "delay", duration=1, until="x"), "", "either duration"),
    ("a duration that is none", step("a", "delay", duration="soon"), "/duration", ""),
    ("a secret in a message", step("a", "approval", message="{{ secrets.X }}"), "/message", ""),
    (
        "more voices than approvers",
        step("a", "approval", approvers=["bob"], required=2),
        "/required",
        "2 must agree, but there are 1 approvers",
    ),
    ("an approver named twice", step("a", "approval", approvers=["b", "b"]), "/approvers", "twice"),
    ("a revert without undo", action("a", revert_after="4h"), "/revert_after", "needs undo"),
    ("a revert at no time", action("a", undo=UNDO, revert_after="x"), "/revert_after", ""),
    (
        "a retry of a decision",
        step("a", "condition", expression="true", retry={"max_attempts": 2}),
        "/retry",
        "leave retry out",
    ),
    (
        "two cases that are one",
        step("a", "switch", expression="finding.x", cases={"A": "end", "a": "end"}),
        "/cases",
        "letter case",
    ),
    (
        "a case that never comes",
        step("a", "switch", expression="finding.x", cases={"": "end"}),
        "/cases",
        "write default",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_it_is_told_where_it_stands(wrong: dict[str, Any], pointer: str, words: str) -> None:
    said = found(wrong)
    assert list(said) == [f"/steps/0{pointer}"]
    assert words in said[f"/steps/0{pointer}"]


@pytest.mark.parametrize(
    ("trigger", "pointer"),
    [
        ({"event": "manual", "conditions": {"severity": "high"}}, "/trigger/conditions"),
        ({"event": "finding.new", "cron": "0 8 * * 1"}, "/trigger/cron"),
        ({"event": "finding.new", "timezone": "UTC"}, "/trigger/timezone"),
        ({"event": "schedule"}, "/trigger/cron"),
        ({"event": "manual", "dedupe": {"key": "x", "window": "1h"}}, "/trigger/dedupe"),
        ({"event": "manual", "throttle": {"limit": 1, "per": "1h"}}, "/trigger/throttle"),
        ({"event": "finding.new", "dedupe": {"key": "x", "window": 0}}, "/trigger/dedupe/window"),
        ({"event": "finding.new", "throttle": {"limit": 1, "per": 0}}, "/trigger/throttle/per"),
    ],
)
def test_a_trigger_that_nobody_would_carry_out_is_refused(
    trigger: dict[str, Any], pointer: str
) -> None:
    assert list(found(trigger=trigger)) == [pointer]


@pytest.mark.parametrize(
    "trigger",
    [
        {"event": "schedule", "cron": "0 8 * * 1", "timezone": "Europe/Berlin", "max_running": 1},
        {"event": "action.completed", "throttle": {"limit": 1, "per": "1h"}},
        {"event": "finding.new", "dedupe": {"key": "{{ finding.id }}", "window": "24h"}},
        {"event": "manual", "max_running": 1},
    ],
)
def test_a_trigger_may_count_what_it_starts(trigger: dict[str, Any]) -> None:
    assert found(trigger=trigger) == {}


def test_steps_of_branches_and_bodies_are_judged_as_lists_of_their_own() -> None:
    fork = step("fork", "parallel", branches=[["a"], ["nope"]])
    assert found(fork, action("a")) == {
        "/steps/0/branches/1/0": "there is no step nope: write the id of a step"
    }


def test_a_step_stands_in_one_list_only() -> None:
    fork = step("fork", "parallel", branches=[["a"], ["a"]])
    assert found(fork, action("a")) == {
        "/steps/0/branches/1/0": "step a stands in a list of fork already"
    }


def test_a_list_of_a_step_does_not_hold_the_step_itself() -> None:
    loop = step("loop", "while", expression="true", steps=["loop"])
    assert found(loop) == {"/steps/0/steps/0": "step loop cannot stand in a list of its own"}


def test_two_steps_do_not_stand_in_each_other() -> None:
    one = step("one", "while", expression="true", steps=["two"])
    two = step("two", "while", expression="true", steps=["one"])
    assert set(found(action("a"), one, two)) == {"/steps/1", "/steps/2"}


def test_lists_nest_eight_deep_at_most() -> None:
    loops = [step(f"l{n}", "while", expression="true", steps=[f"l{n + 1}"]) for n in range(9)]
    assert list(found(*loops, action("l9"))) == ["/steps/9"]


def test_a_link_does_not_lead_out_of_its_list() -> None:
    fork = step("fork", "parallel", branches=[["a"], ["b"]])
    said = found(fork, action("a", on_success="after"), action("b"), action("after"))
    assert list(said) == ["/steps/1/on_success"]
    assert "end leaves it" in said["/steps/1/on_success"]


@pytest.mark.parametrize(
    ("links", "unsaid"),
    [({"on_true": "isolate"}, "on_false"), ({"on_false": "isolate"}, "on_true")],
)
def test_a_condition_does_not_fall_unsaid_into_what_it_decides(
    links: dict[str, str], unsaid: str
) -> None:
    ask = step("ask", "condition", expression="true", **links)
    said = found(ask, action("isolate"))
    assert f"say {unsaid}: end, next or a step id" in said["/steps/0"]


def test_a_switch_does_not_fall_unsaid_into_one_of_its_cases() -> None:
    which = step("which", "switch", expression="finding.x", cases={"1": "isolate"})
    assert "say default" in found(which, action("isolate"))["/steps/0"]


def test_a_step_of_an_unknown_type_is_told_the_types_there_are() -> None:
    said = found(step("a", "actoin"))
    assert "'actoin' is not one of 'action', 'condition'" in said["/steps/0/type"]
