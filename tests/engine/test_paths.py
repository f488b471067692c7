"""Paths into JSON: one step of a template, and a path of a condition."""

from typing import Any

import pytest

from engine.comparisons import elements
from engine.nesting import problems
from engine.paths import MISSING, Several, child, find
from schemas.problems import Problem
from tests.examples import playbook, step


@pytest.mark.parametrize(
    ("value", "key", "found"),
    [
        ({"a": 1}, "a", 1),
        ({"a": None}, "a", None),
        ({"a": 1}, "b", MISSING),
        ([7, 8], 1, 8),
        ([7, 8], -1, 8),
        ([7, 8], "1", 8),
        ([7, 8], 2, MISSING),
        ([7, 8], "x", MISSING),
        ([7, 8], True, MISSING),
        ([7, 8], None, MISSING),
        ("text", 0, MISSING),
    ],
    ids=str,
)
def test_one_step_leads_to_one_value(value: Any, key: Any, found: Any) -> None:
    assert child(value, key) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("list.0.n", 1),
        ("list.n", Several([1, 2, 3])),
        ("list.m", MISSING),
        ("list.9", MISSING),
        ("a.b.c", MISSING),
        ("deep.in.n", Several([4, 5])),
    ],
)
def test_a_path_leads_to_a_value_or_to_those_of_all_elements(path: str, found: Any) -> None:
    inner = [{"in": [{"n": 4}, {"n": 5}]}]
    value = {"a": {"b": 1}, "list": [{"n": 1}, {"n": 2}, "no", {"n": 3}], "deep": inner}
    assert find(value, path.split(".")) == found


def test_what_is_missing_is_false_and_has_no_elements() -> None:
    assert not MISSING
    assert list(elements(MISSING)) == []
    assert list(elements(Several([1, [2, 3]]))) == [1, 2, 3]
    assert list(elements("text")) == ["text"]


def test_steps_that_all_stand_in_lists_of_each_other_have_no_first() -> None:
    steps = [
        step("a", "while", expression="true", steps=["b"]),
        step("b", "while", expression="true", steps=["a"]),
    ]
    assert problems(playbook(*steps).steps) == [
        Problem("/steps", "every step stands in a list of another: none could be first")
    ]
