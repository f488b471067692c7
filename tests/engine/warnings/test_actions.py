"""Warnings about what steps name outside the playbook."""

from typing import Any

import pytest

from engine.warnings.actions import Surroundings
from engine.warnings.warnings import WARNINGS_MAX, warnings
from tests.engine.warnings.warned import document, warned
from tests.examples import action, step

ACTIONS = {"act-log": "natural", "act-notify": "none", "act-webhook": "remote_key"}
HERE = Surroundings(ACTIONS, playbooks=["pb-child"])
ELSEWHERE = Surroundings(ACTIONS, complete=False)


def test_an_action_that_does_not_exist_is_warned_of_with_the_nearest() -> None:
    undo = {"action_ref": "edr-release", "parameters": {}}
    found = warned(document(action("one", action_ref="act-notfy", undo=undo)), HERE)
    assert found["/steps/0/action_ref"] == "there is no action act-notfy: did you mean act-notify"
    assert "name it in the actions file" in found["/steps/0/undo/action_ref"]


def test_where_other_actions_may_be_set_up_only_a_misspelling_is_warned_of() -> None:
    said = document(action("one", action_ref="act-notfy"), action("two", action_ref="act-edr"))
    assert list(warned(said, ELSEWHERE)) == ["/steps/0/action_ref"]
    assert warned(said) == {}


@pytest.mark.parametrize(
    ("ref", "on_unknown", "words"),
    [
        ("act-notify", "retry", "may take effect twice"),
        ("act-log", "ask", "has no effect"),
        ("act-notify", "ask", None),
        ("act-webhook", "retry", None),
    ],
)
def test_a_rule_for_unknown_outcomes_is_held_against_the_action(
    ref: str, on_unknown: str, words: str | None
) -> None:
    found = warned(document(action("one", action_ref=ref, on_unknown=on_unknown)), HERE)
    assert list(found) == ([] if words is None else ["/steps/0/on_unknown"])
    assert all(words is not None and words in message for message in found.values())


def test_a_secret_in_plain_is_warned_of_and_not_shown() -> None:
    said: dict[str, Any] = {
        "headers": {"Authorization": "Bearer 123456789", "X-Api-Key": "123456789"},
        "items": [{"password": "123456789"}],
    }
    found = warned(document(action("one", parameters=said)))
    assert set(found) == {
        "/steps/0/parameters/headers/Authorization",
        "/steps/0/parameters/headers/X-Api-Key",
        "/steps/0/parameters/items/0/password",
    }
    assert "123456789" not in str(found)


def test_a_secret_that_is_referred_to_is_fine() -> None:
    said = {"token": "{{ secrets.EDR }}", "Authorization": "Bearer {{ secrets.EDR }}"}
    said |= {"token_count": "12", "secretary": "alice", "password": ""}
    assert warned(document(action("one", parameters=said))) == {}


def test_a_playbook_that_does_not_exist_is_warned_of() -> None:
    said = document(step("call", "playbook", playbook_id="pb-chld"))
    assert "did you mean pb-child" in warned(said, HERE)["/steps/0/playbook_id"]
    assert warned(said) == {}
    assert warned(document(step("call", "playbook", playbook_id="pb-child")), HERE) == {}


def test_a_playbook_that_calls_itself_is_warned_of() -> None:
    said = document(step("call", "playbook", playbook_id="pb-example"))
    assert "calls itself" in warned(said)["/steps/0/playbook_id"]


def test_a_document_can_ask_for_so_many_warnings_and_no_more() -> None:
    many = {f"p{n}": f"{{{{ steps.unknown{n}.output }}}}" for n in range(2_000)}
    steps = [action(f"s{n}", parameters={}) for n in range(199)]
    assert len(warnings(document(action("one", parameters=many), *steps))) == WARNINGS_MAX
