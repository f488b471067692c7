"""Where the flow of a playbook may not go."""

from typing import Any

import pytest

from engine.links import successors
from engine.playbooks import problems
from tests.examples import action, playbook


def document(*steps: Any) -> dict[str, Any]:
    return {
        "name": "Example",
        "version": "1.0.0",
        "trigger": {"event": "finding.new"},
        "steps": list(steps),
    }


SOUND: list[tuple[str, list[dict[str, Any]]]] = [
    ("one step", [action("a")]),
    ("a list", [action("a"), action("b"), action("c")]),
    ("the default said aloud", [action("a", on_success="next"), action("b")]),
    ("next of the last one is the end", [action("a", on_success="next")]),
    ("every word for a failure", [
        action("a", on_failure="abort"),
        action("b", on_failure="continue"),
        action("c", on_failure="end"),
    ]),
    ("a jump ahead", [action("a", on_success="c", on_failure="b"), action("b", on_success="c"),
                      action("c")]),
    ("a link against the order of the list", [
        action("a", on_success="c"), action("b", on_success="end"), action("c", on_success="b"),
    ]),
    ("two that meet", [
        action("a", on_success="c", on_failure="b"), action("b", on_success="next"), action("c"),
    ]),
    ("a fall that is said", [action("a", on_success="next", on_failure="b"), action("b")]),
]  # fmt: skip


@pytest.mark.parametrize("steps", [case[1] for case in SOUND], ids=[case[0] for case in SOUND])
def test_it_is_sound(steps: list[dict[str, Any]]) -> None:
    assert problems(document(*steps)) == []


WRONG: list[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]] = [
    (
        "an unknown id",
        [action("notify"), action("b", on_failure="notfy")],
        [("/steps/1/on_failure", "there is no step notfy: did you mean notify")],
    ),
    (
        "an id like no other",
        [action("a", on_success="zzz")],
        [("/steps/0/on_success", "there is no step zzz: write a step id or end or next")],
    ),
    (
        "a word of the other link",
        [action("a", on_success="abort")],
        [("/steps/0/on_success", "there is no step abort")],
    ),
    (
        "next after a failure",
        [action("a", on_failure="next"), action("b")],
        [("/steps/0/on_failure", "there is no step next")],
    ),
    (
        "an id used twice",
        [action("a"), action("b"), action("a")],
        [("/steps/0/id", "id a is used by 2 steps"), ("/steps/2/id", "id a is used by 2 steps")],
    ),
    (
        "a circle of two",
        [action("a"), action("b", on_success="a")],
        [("/steps/1/on_success", "the flow would run in a circle: a → b → a")],
    ),
    (
        "a circle of one",
        [action("a", on_success="a")],
        [("/steps/0/on_success", "the flow would run in a circle: a → a")],
    ),
    (
        "a circle through a failure",
        [action("a"), action("b"), action("c", on_success="end", on_failure="b")],
        [
            ("/steps/2/on_failure", "the flow would run in a circle: b → c → b"),
            ("/steps/0", "step a would fall through into b, which is the on_failure of c"),
        ],
    ),
    (
        "a step that is never reached",
        [action("a", on_success="end"), action("b")],
        [("/steps/1", "step b can never be reached: link to it or remove it")],
    ),
    (
        "an island",
        [action("a", on_success="end"), action("b", on_success="c"), action("c")],
        [("/steps/1", "step b can never"), ("/steps/2", "step c can never")],
    ),
    (
        "a fall that is not said",
        [action("a", on_failure="isolate"), action("isolate")],
        [
            (
                "/steps/0",
                "step a would fall through into isolate, which is the on_failure of a: "
                "say on_success: end, next or a step id",
            )
        ],
    ),
    (
        "a fall into what another step needs",
        [action("a", on_failure="c"), action("b"), action("c")],
        [("/steps/1", "step b would fall through into c, which is the on_failure of a")],
    ),
]


@pytest.mark.parametrize(
    ("steps", "told"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_it_is_told(steps: list[dict[str, Any]], told: list[tuple[str, str]]) -> None:
    found = problems(document(*steps))
    assert [problem.pointer for problem in found] == [pointer for pointer, _ in told]
    for problem, (_, message) in zip(found, told, strict=True):
        assert message in problem.message


@pytest.mark.parametrize("word", ["end", "next", "abort", "continue"])
def test_a_word_that_links_use_is_no_id(word: str) -> None:
    (problem,) = problems(document(action(word)))
    assert problem.pointer == "/steps/0/id"
    assert "choose another" in problem.message


def test_links_are_not_judged_while_a_step_cannot_be_read() -> None:
    found = problems(document(action("a", on_success="b"), {"id": "b"}))
    assert [p.pointer for p in found] == ["/steps/1/type"]


def test_every_circle_is_told_once() -> None:
    steps = [action("a"), action("b", on_failure="a"), action("c", on_success="a")]
    circles = [p.pointer for p in problems(document(*steps)) if "circle" in p.message]
    assert circles == ["/steps/1/on_failure", "/steps/2/on_success"]


def test_200_steps_that_all_link_ahead_are_judged() -> None:
    steps = [
        action(f"s{n}", on_success="next", on_failure=f"s{min(n + 2, 199)}") for n in range(199)
    ]
    assert problems(document(*steps, action("s199"))) == []


def test_the_links_of_a_step_are_named_by_their_key() -> None:
    steps = playbook(action("a", on_failure="c"), action("b", on_success="end"), action("c")).steps
    assert successors(steps) == {
        "a": [("/on_success", "b"), ("/on_failure", "c")],
        "b": [],
        "c": [],
    }
