"""Triggers are filed under values that they need, and found by every event that has them."""

from typing import Any

import pytest

from engine.conditions import compiled
from engine.contexts import of_finding
from engine.filing import Filing


def found(conditions: dict[str, Any], **data: Any) -> bool:
    """Tell whether the filing of one trigger finds it for an event of this data."""
    context = of_finding({"id": "a", "event": "finding.new", "data": data})
    holds = compiled(conditions).holds(context)
    matches = Filing([("it", compiled(conditions))]).matches(context)
    assert matches == (["it"] if holds else [])
    return bool(matches)


@pytest.mark.parametrize(
    ("conditions", "data"),
    [
        ({"title": "x"}, {"title": "X"}),
        ({"tags": "web"}, {"tags": ["db", "WEB"]}),
        ({"title": {"$contains": "sql"}}, {"title": "A SQL injection"}),
        ({"tags": {"$contains": "web"}}, {"tags": ["db", "web"]}),
        ({"ports": {"$contains": 443}}, {"ports": [80, 443]}),
        ({"tags": ["a", "b"]}, {"tags": ["a", "b"]}),
        ({"tags": {"$eq": ["a", "b"]}}, {"tags": [["a", "b"], "c"]}),
        ({"ports.number": 443}, {"ports": [{"number": 80}, {"number": 443}]}),
        ({"hosts.tags": {"$contains": "web"}}, {"hosts": [{"tags": []}, {"tags": ["web"]}]}),
        ({"cvss": 9}, {"cvss": 9.0}),
        ({"seen": False}, {"seen": False}),
        ({"$or": [{"a": 1, "b": 1}, {"c": 2}]}, {"c": 2}),
        ({"$or": [{"a": 1, "b": 1}, {"c": 2}]}, {"a": 1, "b": 1}),
        ({"$and": [{"a": 1}, {"b": {"$gt": 0}}]}, {"a": 1, "b": 1}),
        ({"$not": {"a": 1}}, {"a": 2}),
        ({}, {}),
    ],
    ids=str,
)
def test_an_event_that_meets_the_conditions_finds_the_trigger(
    conditions: dict[str, Any], data: dict[str, Any]
) -> None:
    assert found(conditions, **data)


@pytest.mark.parametrize(
    ("conditions", "data"),
    [
        ({"title": "x"}, {"title": "xx"}),
        ({"title": "x"}, {"title": None}),
        ({"title": "x"}, {}),
        ({"title": {"$contains": "sql"}}, {"title": "a cross-site script"}),
        ({"seen": False}, {"seen": 0}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"$or": [{"a": 1, "b": 1}, {"c": 2}]}, {"a": 1, "c": 1}),
    ],
    ids=str,
)
def test_an_event_that_does_not_meet_them_does_not(
    conditions: dict[str, Any], data: dict[str, Any]
) -> None:
    assert not found(conditions, **data)


def test_a_list_is_found_beside_simple_values_of_the_same_field() -> None:
    filing = Filing([("list", compiled({"tags": ["a"]})), ("one", compiled({"tags": "a"}))])
    context = of_finding({"id": "a", "event": "finding.new", "data": {"tags": ["a"]}})
    assert filing.matches(context) == ["list", "one"]
    other = of_finding({"id": "a", "event": "finding.new", "data": {"tags": ["a", "b"]}})
    assert filing.matches(other) == ["one"]


@pytest.mark.parametrize("wide", [0, 9])
def test_it_does_not_matter_whether_the_event_or_the_filing_has_more_fields(wide: int) -> None:
    conditions = [{f"field{number}": 1} for number in range(4)]
    filing = Filing([(str(number), compiled(each)) for number, each in enumerate(conditions)])
    data = {"field2": 1} | {f"other{number}": 1 for number in range(wide)}
    assert filing.matches(of_finding({"id": "a", "event": "finding.new", "data": data})) == ["2"]


def test_a_trigger_is_filed_under_the_value_that_the_fewest_others_share() -> None:
    shared = [(f"s{number}", compiled({"severity": "high"})) for number in range(3)]
    filing: Filing[str] = Filing([*shared, ("own", compiled({"severity": "high", "host": "h"}))])
    assert sorted(filing._by_name) == ["host", "severity"]
    assert {k: shelf.filed for k, shelf in filing._by_name["host"].equal.items()} == {"h": [3]}


def test_of_alternatives_the_one_that_needs_the_fewest_values_is_filed() -> None:
    few, many = {"a": 1}, {"b": {"$in": [1, 2, 3]}}
    filing: Filing[str] = Filing([("it", compiled({"$or": [{**many, **few}, {"c": 1}]}))])
    assert sorted(filing._by_name) == ["a", "c"]


def test_an_exact_value_is_preferred_to_a_text_that_is_looked_for() -> None:
    filing: Filing[str] = Filing([("it", compiled({"title": {"$contains": "x"}, "host": "h"}))])
    assert sorted(filing._by_name) == ["host"]
