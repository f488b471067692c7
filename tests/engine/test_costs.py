"""Nothing that an author or a detector can write takes much work or much memory.

Counted are calls of functions and bytes, which a busy machine does not change; how long it takes
is measured by ``python -m tests.benchmarks hostile``.
"""

import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from engine.comparisons import ELEMENTS_MAX
from engine.conditions import problems
from engine.contexts import of_finding
from engine.expressions import problems as expression_problems
from engine.networks import Networks, exact
from engine.triggers import TriggerIndex
from schemas.playbooks import Trigger
from tests.bombs import Bomb, bombs, set_off

CALLS_MAX = 2_500_000
"""Most of them calls into C, of some forty nanoseconds each."""

MEMORY_MAX = 10_000_000
BOMBS = list(bombs())


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """Count the calls of functions, of Python and of C."""
    calls = [0]

    def called(frame: FrameType, event: str, argument: Any) -> None:
        calls[0] += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def each_of(*kinds: str) -> Any:
    found = [each for each in BOMBS if each.of in kinds]
    return pytest.mark.parametrize("bomb", found, ids=[f"{each.of}: {each.name}" for each in found])


@each_of("template", "finding", "expression", "condition", "trigger", "pattern", "record")
def test_what_is_hostile_takes_little_memory(bomb: Bomb) -> None:
    tracemalloc.start()
    try:
        set_off(bomb)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()


# Templates and expressions count their work themselves: see engine/templates/limits.py.
@each_of("condition", "trigger", "pattern")
def test_what_is_hostile_takes_little_work(bomb: Bomb) -> None:
    with counted_calls() as calls:
        set_off(bomb)
    assert calls[0] < CALLS_MAX


def test_a_trigger_that_compares_too_often_is_told_once() -> None:
    (problem,) = problems({"$or": [{"title": f"{n}"} for n in range(300)]}, "/conditions")
    assert problem.pointer == "/conditions/$or/200/title"
    assert problem.message == "conditions compare at most 200 times; say $in for many values"


@pytest.mark.parametrize("operator", ["$in", "$nin", "$cidr"])
def test_a_list_of_too_many_values_is_refused(operator: str) -> None:
    (problem,) = problems({"asset_id": {operator: ["10.0.0.0/8"] * 10_001}}, "")
    assert problem.message == f"{operator} takes a list of at most 10,000 values"


def test_of_a_list_a_condition_looks_at_the_first_elements() -> None:
    trigger = Trigger(event="finding.new", conditions={"tags": {"$in": ["web"]}})
    index = TriggerIndex([(("pb-1", "r"), trigger)])

    def matches(position: int) -> bool:
        tags = ["other"] * position + ["web"]
        event = {"id": "f-1", "event": "finding.new", "data": {"tags": tags}}
        return index.matches("finding.new", of_finding(event)) != []

    assert matches(ELEMENTS_MAX - 1)
    assert not matches(ELEMENTS_MAX)


def test_an_address_lies_in_one_of_many_networks() -> None:
    networks = Networks(map(exact, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]))
    inside = ["10.1.2.3", "10.1.0.0/16", "192.0.2.7", "2001:db8::1", "::ffff:10.0.0.1"]
    assert all(networks.hold(text) for text in inside)
    outside = ["11.0.0.1", "0.0.0.0/0", "192.0.2.8", "2001:db9::1", "nothing", "10.0.0.0/7"]
    assert not any(networks.hold(text) for text in outside)


def test_an_expression_of_too_many_operands_in_marks_is_refused() -> None:
    (problem,) = expression_problems("{{ a }}" * 201, "")
    assert problem.message == "an expression is larger than 200 operands in {{ }}"
