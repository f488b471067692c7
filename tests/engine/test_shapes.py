"""What a wrongly shaped playbook is told, and where."""

from typing import Any

import pytest

from engine.playbooks import problems, revision, slug
from schemas.playbooks import Playbook
from tests.examples import action, playbook


def document(step: Any = None, **says: Any) -> dict[str, Any]:
    base = {
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new"},
        "steps": [action("one") if step is None else step],
    }
    return base | says


def conditions(**says: Any) -> dict[str, Any]:
    return document(trigger={"event": "finding.new", "conditions": says})


WRONG: list[tuple[str, Any, str, str]] = [
    ("no object", "text", "", "a playbook is a JSON object"),
    ("a key too many", document(triger={}), "/triger", "unknown key triger: did you mean trigger"),
    ("a key like no other", document(zzz=1), "/zzz", "unknown key zzz"),
    ("a key with a slash", document(**{"a/b~": 1}), "/a~1b~0", "unknown key a/b~"),
    ("a long key", document(**{"k" * 999: 1}), "/" + "k" * 999, "k" * 79 + "…"),
    ("a name that is a number", document(name=5), "/name", "a valid string"),
    ("an empty name", document(name=""), "/name", "at least 1 character"),
    ("a version of two parts", document(version="1.0"), "/version", "MAJOR.MINOR.PATCH"),
    ("an id with a blank", document(id="pb 1"), "/id", "the form of an id"),
    ("a trigger that is a word", document(trigger="manual"), "/trigger", "is not an object"),
    (
        "an unknown event",
        document(trigger={"event": "finding.nw"}),
        "/trigger/event",
        "'finding.nw' is not one of 'finding.new'",
    ),
    ("steps that are no list", document(steps={}), "/steps", "a valid list"),
    ("no steps", document(steps=[]), "/steps", "at least 1 item"),
    ("too many steps", document(steps=[action(f"s{n}") for n in range(201)]), "/steps", "200"),
    ("a step that is null", document(steps=[None]), "/steps/0", "None is not an object"),
    ("an unknown type", document(action("a", type="actoin")), "/steps/0/type", "is not one of"),
    ("an id with a slash", document(action("a/b")), "/steps/0/id", "the form of an id"),
    (
        "a key of a step",
        document(action("a", on_sucess="end")),
        "/steps/0/on_sucess",
        "did you mean on_success",
    ),
    (
        "a retry that never tries",
        document(action("a", retry={"max_attempts": 0})),
        "/steps/0/retry/max_attempts",
        "greater than or equal to 1",
    ),
    (
        "parameters that are a list",
        document(action("a", parameters=[])),
        "/steps/0/parameters",
        "[] is not an object",
    ),
    (
        "a broken template",
        document(action("a", parameters={"to": ["{{ x"]})),
        "/steps/0/parameters/to/0",
        "unexpected end of template",
    ),
    (
        "a type of parameter",
        document(parameters={"p": {"type": "strng"}}),
        "/parameters/p/type",
        "is not one of 'string'",
    ),
    ("tags of numbers", document(tags=["a", 5]), "/tags/1", "a valid string"),
    ("false for a number", document(max_retries=False), "/max_retries", "a valid integer"),
    ("an operator", conditions(a={"$x": 1}), "/trigger/conditions/a/$x", "unknown operator"),
    (
        "a number of 70 bits",
        document(action("a", parameters={"n": 2**70})),
        "/steps/0/parameters/n",
        "cannot be written as JSON: integer exceeds 64-bit range",
    ),
    (
        "a number that is none",
        document(action("a", parameters={"n": [float("nan")]})),
        "/steps/0/parameters/n/0",
        "not finite",
    ),
    ("half a character", document(name="\ud800"), "/name", "cannot be written as JSON"),
    ("a key that is a number", conditions(a={1: 2}), "/trigger/conditions/a/1", "quotes"),
]


@pytest.mark.parametrize(
    ("wrong", "pointer", "message"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_it_is_told_where_it_stands(wrong: Any, pointer: str, message: str) -> None:
    (problem,) = problems(wrong)
    assert problem.pointer == pointer
    assert message in problem.message


def test_everything_that_is_required_is_told_at_once() -> None:
    found = {problem.pointer: problem.message for problem in problems({})}
    assert found == dict.fromkeys(("/name", "/version", "/trigger", "/steps"), "is required")


def test_a_problem_is_told_once() -> None:
    found = problems(conditions(a={"$in": []}) | {"name": ""})
    assert [p.pointer for p in found] == ["/name", "/trigger/conditions/a/$in"]


def test_a_value_that_nests_without_end_is_a_problem() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    (problem,) = problems(document(parameters={"p": {"type": "list", "default": deep}}))
    assert problem.message == "nests more than 64 deep"


def test_a_revision_is_of_the_content_and_not_of_the_switch() -> None:
    one = playbook(action("a"))
    assert revision(one) == revision(playbook(action("a"), enabled=False))


CHANGES: list[dict[str, Any]] = [
    {"name": "Other"},
    {"version": "1.0.1"},
    {"description": "says more"},
    {"tags": ["a"]},
    {"on_failure": "continue"},
    {"timeout_minutes": 5},
    {"trigger": {"event": "scan.failed"}},
    {"trigger": {"event": "finding.new", "conditions": {"severity": "high"}}},
    {"parameters": {"p": {"type": "string"}}},
    {"steps": [action("b")]},
    {"steps": [action("a", parameters={"text": "x"})]},
]


@pytest.mark.parametrize("says", CHANGES, ids=str)
def test_any_other_change_is_another_revision(says: dict[str, Any]) -> None:
    assert revision(playbook(action("a"), **says)) != revision(playbook(action("a")))


def test_a_default_said_aloud_is_the_same_revision() -> None:
    said = playbook(action("a"), on_failure="abort", tags=[], max_retries=0)
    assert revision(said) == revision(playbook(action("a")))


def test_the_order_of_keys_is_no_content() -> None:
    steps = [action("a", parameters={"x": 1, "y": 2})]
    turned = [dict(reversed(action("a", parameters={"y": 2, "x": 1}).items()))]
    base = {"id": "pb", "name": "x", "version": "1.0.0", "trigger": {"event": "manual"}}
    one, other = (Playbook.model_validate({**base, "steps": s}) for s in (steps, turned))
    assert revision(one) == revision(other)


SLUGS = [
    ("Critical Finding Alert", "pb-critical-finding-alert"),
    ("  --Two  words--  ", "pb-two-words"),
    ("Überprüfung: Schlüssel!", "pb-uberprufung-schlussel"),
    ("ＡＢＣ ①", "pb-abc-1"),
    ("a.b/c_d", "pb-a-b-c-d"),
    ("安全", "pb-playbook"),
    ("!!!", "pb-playbook"),
    ("x" * 300, "pb-" + "x" * 100),
    ("x" * 99 + " y", "pb-" + "x" * 99),
]


@pytest.mark.parametrize(("name", "expected"), SLUGS, ids=[case[0][:20] for case in SLUGS])
def test_the_slug_of_a_name(name: str, expected: str) -> None:
    assert slug(name) == expected
    assert problems(document(id=slug(name))) == []
