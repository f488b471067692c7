"""Warnings about triggers that match everything, or never what is meant."""

from typing import Any

import pytest

from tests.engine.warnings.warned import document, warned


def triggered(**says: Any) -> dict[str, Any]:
    return document(trigger={"event": "finding.new"} | says)


@pytest.mark.parametrize("event", ["finding.new", "finding.status_changed", "action.completed"])
def test_a_trigger_without_conditions_on_what_comes_in_numbers_is_warned_of(event: str) -> None:
    assert "starts for every" in warned(triggered(event=event))["/trigger"]


@pytest.mark.parametrize(
    "says",
    [
        {"event": "scan.failed"},
        {"event": "manual"},
        {"event": "schedule", "cron": "0 8 * * 1"},
        {"throttle": {"limit": 10, "per": "1h"}},
        {"conditions": {"cvss": {"$gte": 9}}},
    ],
    ids=str,
)
def test_a_trigger_that_fires_seldom_is_fine(says: dict[str, Any]) -> None:
    assert warned(triggered(**says)) == {}


def test_a_list_where_one_of_several_is_meant_is_warned_of() -> None:
    found = warned(triggered(conditions={"severity": ["high", "critical"]}))
    assert "for one of several write {$in" in found["/trigger/conditions/severity"]
    assert warned(triggered(conditions={"tags": {"$eq": ["a", "b"]}})) == {}
    assert warned(triggered(conditions={"severity": {"$in": ["high", "critical"]}})) == {}


@pytest.mark.parametrize(
    ("conditions", "pointer"),
    [
        ({"severity": "Crtical"}, "/severity"),
        ({"finding.severity": {"$in": ["high", "crtical"]}}, "/finding.severity/$in"),
        ({"$or": [{"severity": {"$ne": "crtical"}}, {"a": 1}]}, "/$or/0/severity/$ne"),
        ({"severity": {"$not": {"$eq": "crtical"}}}, "/severity/$not/$eq"),
    ],
    ids=str,
)
def test_a_severity_that_no_finding_has_is_warned_of(
    conditions: dict[str, Any], pointer: str
) -> None:
    found = warned(triggered(conditions=conditions))
    assert "did you mean critical" in found[f"/trigger/conditions{pointer}"]


def test_severities_in_any_case_and_other_fields_are_fine() -> None:
    said = {"severity": {"$in": ["HIGH", "Critical"]}, "vendor_severity": "P1", "cvss": 9}
    assert warned(triggered(conditions=said)) == {}


def test_a_parameter_that_no_event_brings_is_warned_of() -> None:
    declared = {"channel": {"required": True}}
    found = warned(document(parameters=declared))
    assert "finding.new brings no parameters" in found["/parameters/channel"]
    assert warned(document(parameters=declared, trigger={"event": "manual"})) == {}
    assert warned(document(parameters={"channel": {"required": True, "default": "#a"}})) == {}
