"""The parameters of a run are held against the declaration, all faults at once."""

from typing import Any

import pytest

from engine.parameters import problems
from tests.examples import action, playbook


def faults(declared: dict[str, Any], given: dict[str, Any]) -> list[tuple[str, str]]:
    of = playbook(action("one"), parameters=declared)
    return [(problem.pointer, problem.message) for problem in problems(of, given)]


def test_a_playbook_that_declares_nothing_takes_anything() -> None:
    assert faults({}, {"any": [1, {"thing": None}]}) == []


def test_what_is_not_declared_is_told_with_what_is() -> None:
    declared = {"channel": {}, "limit": {"type": "integer"}}
    assert faults(declared, {"chanel": "x"}) == [
        ("/parameters/chanel", "is not declared by the playbook (known: channel, limit)")
    ]


def test_a_required_parameter_without_a_default_must_be_given() -> None:
    declared = {"a": {"required": True}, "b": {"required": True, "default": "x"}, "c": {}}
    assert faults(declared, {}) == [("/parameters/a", "is required")]
    assert faults(declared, {"a": "given"}) == []


@pytest.mark.parametrize(
    ("type_name", "right", "wrong"),
    [
        ("string", ["", "text"], [1, None, True, [], {}]),
        ("integer", [0, -7, 3.0], [3.5, True, "3", None]),
        ("number", [0, 2.5], [False, "2.5", None]),
        ("boolean", [True, False], [0, 1, "true", None]),
        ("list", [[], [1]], ["a", {}, None]),
        ("object", [{}, {"a": 1}], [[], "a", None]),
    ],
)
def test_a_type_takes_what_is_exactly_of_it(
    type_name: str, right: list[Any], wrong: list[Any]
) -> None:
    declared = {"p": {"type": type_name}}
    assert [value for value in right if faults(declared, {"p": value})] == []
    for value in wrong:
        assert faults(declared, {"p": value}) == [
            ("/parameters/p", f"is not of the type {type_name}")
        ]


def test_a_name_with_a_slash_is_escaped_in_the_pointer() -> None:
    [(pointer, _)] = faults({"a": {}}, {"b/c~d": 1})
    assert pointer == "/parameters/b~1c~0d"
