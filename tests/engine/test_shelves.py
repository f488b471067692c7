"""Triggers in the order of their limits: found exactly as if each had been asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.conditions import compiled
from engine.contexts import of_finding
from engine.filing import Filing
from engine.shelves import Limit, limit

numbers = st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from([2**70, -(2**70), float("inf")])
operators = st.sampled_from(["$gt", "$gte", "$lt", "$lte"])
ranges = st.dictionaries(operators, numbers, min_size=1, max_size=2)
conditions = st.builds(
    lambda named, shared: named | shared,
    st.dictionaries(st.sampled_from(["cvss", "asset.score", "ports.number"]), ranges, max_size=2),
    st.sampled_from([{}, {"severity": "high"}, {"$or": [{"cvss": {"$gt": 1}}, {"a": 1}]}]),
)
values = numbers | st.lists(numbers, max_size=3) | st.sampled_from(["1", None, True, float("nan")])


@given(
    st.lists(conditions, min_size=6, max_size=20),
    st.fixed_dictionaries(
        {"severity": st.sampled_from(["high", "low"])},
        optional={
            "cvss": values,
            "asset": st.fixed_dictionaries({"score": values}),
            "ports": st.lists(st.fixed_dictionaries({"number": values}), max_size=3),
        },
    ),
)
def test_what_is_found_is_what_holds(given: list[dict[str, Any]], data: dict[str, Any]) -> None:
    context = of_finding({"id": "a", "event": "finding.new", "data": data})
    read = list(enumerate(map(compiled, given)))
    assert Filing(read).matches(context) == [n for n, each in read if each.holds(context)]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"cvss": {"$gt": 7}}, Limit("cvss", True, 7)),
        ({"severity": "high", "finding.cvss": {"$lte": 7}}, Limit("cvss", False, 7)),
        ({"severity": {"$gte": "high"}, "$and": [{"a": {"$lt": 1}}]}, Limit("a", False, 1)),
        ({"$or": [{"cvss": {"$gt": 7}}]}, None),
        ({"$not": {"cvss": {"$gt": 7}}}, None),
        ({"seen_at": {"$gt": "2026-03-01T12:00:00Z"}}, None),
        ({"cvss": 7}, None),
    ],
    ids=str,
)
def test_a_limit_is_a_number_that_must_be_kept_in_any_case(
    conditions: dict[str, Any], expected: Limit | None
) -> None:
    assert limit(compiled(conditions)) == expected
