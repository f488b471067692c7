"""Jumps laid out as branches: joins, ends, copies."""

from typing import Any

import pytest

from engine.cacao.exporting.layout import Inexpressible
from engine.cacao.identifiers import EXTENSION
from tests.engine.cacao.standards import export, key_of, levels, playbook, step_of
from tests.examples import action


def condition(step_id: str, on_true: str, on_false: str) -> dict[str, Any]:
    return {"id": step_id, "type": "condition", "expression": "true", "on_true": on_true,
            "on_false": on_false}  # fmt: skip


def kind(document: dict[str, Any], key: str) -> str:
    return str(document["workflow"][key]["type"])


def test_what_follows_a_decision_is_said_once_behind_it() -> None:
    document = export(
        playbook(
            condition("if", "yes", "no"),
            action("yes", on_success="both"),
            action("no", on_success="next"),
            action("both"),
        )
    )
    decision = step_of(document, "if")
    assert decision["on_true"] == key_of(document, "yes")
    assert decision["on_false"] == key_of(document, "no")
    assert decision["on_success"] == key_of(document, "both")
    ends = {step_of(document, each)["on_success"] for each in ("yes", "no", "both")}
    assert [kind(document, key) for key in ends] == ["end"] * 3


def test_a_branch_without_a_step_is_left_out_or_an_end() -> None:
    document = export(playbook(condition("if", "then", "then"), action("then")))
    decision = step_of(document, "if")
    assert "on_false" not in decision
    assert kind(document, decision["on_true"]) == "end"
    assert decision["on_success"] == key_of(document, "then")


def test_a_step_that_two_branches_share_before_they_join_stands_in_both() -> None:
    document = export(
        playbook(
            condition("if", "yes", "no"),
            action("yes", on_success="both", on_failure="end"),
            action("no", on_success="both", on_failure="end"),
            action("both", on_success="end"),
        )
    )
    first, copy = key_of(document, "both", copies=True)
    assert document["workflow"][copy]["step_extensions"][EXTENSION]["copy_of"] == first
    assert "copy_of" not in document["workflow"][first]["step_extensions"][EXTENSION]
    assert levels(document) == {}


def test_a_playbook_whose_copies_would_double_on_and_on_is_refused() -> None:
    steps = []
    for number in range(12):
        following = f"if-{number + 1}" if number < 11 else "end"
        steps += [
            condition(f"if-{number}", f"yes-{number}", f"no-{number}"),
            action(f"yes-{number}", on_success=following, on_failure="end"),
            action(f"no-{number}", on_success=following, on_failure="end"),
        ]
    with pytest.raises(Inexpressible, match="share steps before they join"):
        export(playbook(*steps))


def test_decisions_may_nest_as_deep_as_a_playbook_is_long() -> None:
    steps = [condition(f"if-{number}", f"if-{number + 1}", "end") for number in range(199)]
    document = export(playbook(*steps, action("if-199")))
    assert "semantic" not in levels(document)


def test_a_lone_branch_is_run_beside_one_that_does_nothing() -> None:
    document = export(playbook({"id": "all", "type": "parallel", "branches": [["a"]]}, action("a")))
    first, second = step_of(document, "all")["next_steps"]
    assert first == key_of(document, "a")
    assert kind(document, second) == "end"


def test_a_body_of_a_loop_returns_to_it_by_an_end_of_its_own() -> None:
    document = export(
        playbook(
            {"id": "again", "type": "while", "expression": "loop.index < 3", "steps": ["a"]},
            action("a"),
        )
    )
    assert step_of(document, "again")["on_true"] == key_of(document, "a")
    assert step_of(document, "a")["on_success"] != step_of(document, "again")["on_success"]


def test_a_switch_says_its_cases_and_its_default() -> None:
    document = export(
        playbook(
            {
                "id": "which",
                "type": "switch",
                "expression": "finding.severity",
                "cases": {"High": "a", "default": "end"},
                "default": "b",
            },
            action("a", on_success="end"),
            action("b"),
        )
    )
    step = step_of(document, "which")
    assert step["switch"] == "__finding_severity__:value"
    assert {name: kind(document, key) for name, key in step["cases"].items()} == {
        "High": "action", "default-value": "end", "default": "action",
    }  # fmt: skip


def test_a_failure_that_is_given_up_goes_to_the_exception_of_the_workflow() -> None:
    document = export(playbook(action("a")))
    exception = document["workflow"][document["workflow_exception"]]
    assert exception == {"type": "end", "name": "failed"}
    assert "on_failure" not in step_of(document, "a")


def test_a_failure_that_changes_nothing_is_a_completion() -> None:
    document = export(playbook(action("a"), action("b"), on_failure="continue"))
    assert step_of(document, "a")["on_completion"] == key_of(document, "b")
    assert "workflow_exception" not in document


def test_a_playbook_without_an_action_gets_one_that_does_nothing() -> None:
    document = export(playbook(condition("if", "end", "end")))
    assert levels(document) == {}
