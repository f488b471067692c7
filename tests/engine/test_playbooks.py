"""What is wrong with a playbook is said all at once, with pointers."""

from typing import Any

import pytest

from engine.playbooks import next_patch, problems, revision, slug, trigger_problems
from schemas.problems import Problem
from tests.examples import CRITICAL_FINDING_ALERT, action, playbook


def document(*steps: dict[str, Any], **says: Any) -> dict[str, Any]:
    base = {
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new"},
        "steps": list(steps) or [action("one")],
    }
    return base | says


def pointers(of: Any) -> list[str]:
    return [problem.pointer for problem in problems(of)]


def said(of: Any, pointer: str) -> str:
    return "; ".join(p.message for p in problems(of) if p.pointer == pointer)


def test_the_documented_playbook_has_no_problems() -> None:
    assert problems(CRITICAL_FINDING_ALERT) == []


def test_all_problems_are_reported_at_once() -> None:
    wrong = document(action("one", on_success="nowhere"), action("one", parameter={}), name="")
    wrong.pop("version")
    wrong["trigger"]["conditions"] = {"severity": {"$near": 1}}
    assert {"/version", "/name", "/steps/1/parameter"} <= set(pointers(wrong))
    assert "/trigger/conditions/severity/$near" in pointers(wrong)


def test_an_unknown_key_is_an_error_and_names_the_nearest() -> None:
    assert "did you mean parameters" in said(
        document(action("one", paramters={})), "/steps/0/paramters"
    )


def test_a_version_that_yaml_made_a_number_is_refused() -> None:
    assert pointers(document(version=1.1)) == ["/version"]


def test_a_version_is_semantic() -> None:
    assert "1.0.0" in said(document(version="1.0"), "/version")


def test_an_id_used_twice_is_an_error_at_both() -> None:
    assert pointers(document(action("one"), action("one"))) == ["/steps/0/id", "/steps/1/id"]


def test_a_reserved_word_is_no_id() -> None:
    assert pointers(document(action("end"))) == ["/steps/0/id"]


def test_a_link_to_no_step_names_the_nearest() -> None:
    wrong = document(action("notify", on_success="tickt"), action("ticket"))
    assert "did you mean ticket" in said(wrong, "/steps/0/on_success")


def test_a_circle_is_an_error() -> None:
    wrong = document(action("one"), action("two", on_success="one"))
    assert said(wrong, "/steps/1/on_success") == "the flow would run in a circle: one → two → one"


def test_an_unreachable_step_is_an_error() -> None:
    assert pointers(document(action("one", on_success="end"), action("two"))) == ["/steps/1"]


def test_falling_unsaid_into_a_failure_step_is_an_error() -> None:
    wrong = document(action("one", on_failure="isolate"), action("isolate"))
    assert "say on_success" in said(wrong, "/steps/0")


def test_a_broken_template_is_an_error_where_it_stands() -> None:
    wrong = document(action("one", parameters={"text": "{{ finding.title "}))
    assert pointers(wrong) == ["/steps/0/parameters/text"]


def test_something_else_than_an_object_is_said_so() -> None:
    assert problems([]) == [Problem("", "a playbook is a JSON object")]


def test_a_manual_trigger_takes_no_conditions() -> None:
    wrong = document(trigger={"event": "manual", "conditions": {"severity": "high"}})
    assert pointers(wrong) == ["/trigger/conditions"]


def test_the_same_content_is_the_same_revision() -> None:
    one, other = playbook(action("one")), playbook(action("one"), enabled=False)
    assert revision(one) == revision(other)
    assert revision(one) != revision(playbook(action("two")))


def test_the_slug_of_a_name_is_its_words() -> None:
    assert slug("Critical Finding Alert") == "pb-critical-finding-alert"
    assert slug("Überprüfung: Schlüssel!") == "pb-uberprufung-schlussel"
    assert slug("安全") == "pb-playbook"


@pytest.mark.parametrize(
    ("version", "following"),
    [("1.2.3", "1.2.4"), ("1.2.9", "1.2.10"), ("1.2.3-rc.1", "1.2.3"), ("1.2.3+build", "1.2.4")],
)
def test_the_next_patch_of_a_version_follows_it(version: str, following: str) -> None:
    assert next_patch(version) == following


def test_a_trigger_alone_is_judged_as_in_its_playbook() -> None:
    assert trigger_problems({"event": "finding.new"}, "/trigger") == []
    wrong = {"event": "finding.old", "conditions": {"severity": {"$near": 1}}, "extra": 1}
    found = [problem.pointer for problem in trigger_problems(wrong, "/trigger")]
    assert "/trigger/event" in found
    assert "/trigger/extra" in found
    assert any(pointer.startswith("/trigger/conditions/severity") for pointer in found)


def test_a_trigger_that_cannot_be_written_as_json_is_told_before_anything_else() -> None:
    [problem] = trigger_problems({"event": float("nan")}, "/trigger")
    assert problem.pointer == "/trigger/event"
