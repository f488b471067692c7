"""Why an event does not start a playbook: the first clause that fails, with what stood there."""

from typing import Any

import pytest
from hypothesis import given

from engine.explanations import ITEMS_MAX, REASON_MAX, TEXT_MAX, Failed, cut, failed, storm_control
from engine.triggers import TriggerIndex
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.engine.test_triggers import context, data, triggers
from tests.examples import FINDING


def finding(**says: Any) -> Finding:
    return Finding.model_validate(
        {"id": "evt-1", "event": "finding.new", "data": FINDING["data"] | says}
    )


def asked(conditions: dict[str, Any], **says: Any) -> Failed | None:
    return failed(Trigger(event="finding.new", conditions=conditions), finding(**says))


def first(conditions: dict[str, Any], **says: Any) -> Failed:
    found = asked(conditions, **says)
    assert found is not None
    return found


@given(triggers, data)
def test_an_event_is_explained_exactly_when_it_does_not_match(
    trigger: Trigger, said: dict[str, Any]
) -> None:
    event = Finding(id="a", event="finding.new", data=said)
    matched = TriggerIndex([(("pb", "r"), trigger)]).matches("finding.new", context(said))
    assert (failed(trigger, event) is None) is (matched != [])


def test_the_failing_clause_is_told_with_both_values() -> None:
    found = first({"severity": "critical", "cvss": {"$gte": 9.9}}, severity="Critical", cvss=7)
    assert (found.path, found.operator, found.expected, found.actual) == ("cvss", "$gte", 9.9, 7)
    assert found.pointer == "/conditions/cvss/$gte"
    assert found.reason == "cvss is 7, expected $gte 9.9"


def test_the_first_of_several_failing_clauses_is_told() -> None:
    assert first({"severity": "low", "cvss": {"$gte": 9.9}}, severity="high").path == "severity"


def test_a_field_that_is_missing_is_told_from_one_that_is_null() -> None:
    absent, null = first({"owner": "alice"}), first({"owner": "alice"}, owner=None)
    assert (absent.actual, absent.missing) == (None, True)
    assert (null.actual, null.missing) == (None, False)
    assert absent.reason == 'owner is missing, expected $eq "alice"'


def test_a_group_tells_why_none_of_its_parts_holds() -> None:
    found = first({"$or": [{"owner": "alice"}, {"cvss": {"$gt": 9.9}}]}, cvss=7)
    assert (found.path, found.operator, found.actual, found.missing) == ("", "$or", None, False)
    assert "owner is missing" in found.reason
    assert "cvss is 7" in found.reason


def test_what_must_not_be_is_told_with_what_is() -> None:
    found = first({"severity": {"$not": {"$in": ["high", "low"]}}}, severity="low")
    assert (found.path, found.operator, found.actual) == ("severity", "$not", "low")


def test_the_values_of_several_objects_are_told_as_a_list() -> None:
    ports = [{"number": 22}, {"number": 80}]
    assert first({"ports.number": 443}, ports=ports).actual == [22, 80]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("scan.failed", "it is started by scan.failed, and this is finding.new"),
        ("manual", "it is started through the API only (event: manual)"),
        ("schedule", "it is started by its schedule, not by events"),
    ],
)
def test_an_event_of_another_kind_is_told(kind: Any, reason: str) -> None:
    found = failed(Trigger(event=kind, cron="0 8 * * 1"), finding())
    assert found is not None
    assert (found.path, found.expected, found.actual) == ("event.event", kind, "finding.new")
    assert (found.pointer, found.reason) == ("/event", reason)


def test_conditions_that_mean_nothing_are_told() -> None:
    found = first({"severity": {"$near": 1}})
    assert found.pointer == "/conditions/severity/$near"
    assert "mean nothing" in found.reason


def test_what_a_detector_sends_is_shown_cut() -> None:
    deep: Any = "bottom"
    for _ in range(50):
        deep = [deep]
    hostile = {"text": "x" * 100_000, "list": list(range(10_000)), "deep": deep}
    found = first({"payload": "harmless"}, payload=hostile)
    assert found.actual == {
        "text": "x" * (TEXT_MAX - 1) + "…",
        "list": [*range(ITEMS_MAX), "…"],
        "deep": [[["…"]]],
    }
    assert len(found.reason) <= REASON_MAX


def test_an_object_of_many_fields_is_cut() -> None:
    many = {f"{'k' * 300}{n}": n for n in range(100)} | {f"k{n}": n for n in range(100)}
    assert len(cut(many)) <= ITEMS_MAX + 1


def test_the_limits_that_a_match_must_pass_are_named() -> None:
    said = {"event": "finding.new", "max_running": 1, "dedupe": {"key": "{{ asset.id }}"}}
    said["dedupe"]["window"] = "1h"
    assert storm_control(Trigger.model_validate(said)) == ["dedupe", "max_running"]
    assert storm_control(Trigger(event="finding.new")) == []
