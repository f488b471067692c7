"""A finding changes nothing but its own text, whatever stands in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtests import Backtest
from engine.contexts import of_finding
from engine.explanations import REASON_MAX, failed
from engine.expressions import truth
from engine.templates.errors import TemplateError
from engine.templates.limits import RENDERED_BYTES_MAX
from engine.templates.rendering import render
from engine.triggers import TriggerIndex
from schemas.events import StepStarted
from schemas.executions import Status
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.examples import NOON, Story, action, graph, step
from tests.hostility import TEXTS, hostile_data, texts, values

COMPARED: list[dict[str, Any]] = [
    {"severity": "critical"},
    {"severity": {"$gte": "high"}, "cvss": {"$lt": 9}},
    {"$or": [{"severity": "low"}, {"cvss": {"$gte": 9}}]},
    {"severity": {"$not": {"$in": ["info", "low"]}}},
    {"finding.severity": {"$regex": "^crit"}, "event.event": "finding.new"},
]
SEVERITIES = st.sampled_from(["info", "low", "high", "critical"])
INDEX = TriggerIndex(
    ((f"pb-{n}", "r"), Trigger(event="finding.new", conditions=each))
    for n, each in enumerate(COMPARED)
)
FREE = ("title", "description", "asset", "references", "status", "__proto__", "$or", "secrets",
        "steps", "parameters", "scan", "scan_id", "finding_id", "asset_id", "finding", "event",
        "severity_", "Severity", "severity.", "data")  # fmt: skip
"""Fields that none of the conditions compares."""


def matched(data: dict[str, Any]) -> list[Any]:
    event = {"id": "evt-1", "event": "finding.new", "data": data}
    return INDEX.matches("finding.new", of_finding(event))


@given(SEVERITIES, st.floats(0, 10), st.dictionaries(st.sampled_from(FREE), values))
def test_what_is_not_compared_does_not_change_what_matches(
    severity: str, cvss: float, hostile: dict[str, Any]
) -> None:
    compared = {"severity": severity, "cvss": cvss}
    assert matched({**hostile, **compared}) == matched(compared)


@given(values)
def test_a_hostile_value_is_compared_and_never_obeyed(value: Any) -> None:
    event = Finding(id="evt-1", event="finding.new", data={"severity": value, "cvss": value})
    for conditions in COMPARED:
        trigger = Trigger(event="finding.new", conditions=conditions)
        index = TriggerIndex([(("pb", "r"), trigger)])
        explained = failed(trigger, event)
        assert (explained is None) is (index.matches("finding.new", of_finding(event)) != [])
        assert explained is None or len(explained.reason) <= REASON_MAX
        backtest = Backtest(trigger, 1)
        backtest.take(event, "evt-1", NOON)
        assert backtest.outcome().matched == (explained is None)


@pytest.mark.parametrize("text", [*TEXTS[:-1], "a" * 10_000], ids=lambda text: ascii(text[:20]))
def test_a_hostile_text_is_rendered_as_it_is(text: str) -> None:
    context = of_finding({"event": "finding.new", "data": hostile_data(text)})
    said = {
        "lone": "{{ finding.title }}",
        "within": "<{{ finding.title }}>",
        "filtered": "{{ finding.title | default('none') }}",
        "looped": "{% for tag in asset.tags %}{{ tag }}{% endfor %}",
        "list": "{{ asset.tags }}",
        "key": "{{ secrets.KEY }} {{ finding.title }}",
    }
    rendered = render(said, context, allow_secrets=True)
    value = rendered.value
    assert (value["lone"], value["within"], value["filtered"]) == (text, f"<{text}>", text)
    assert (value["looped"], value["list"]) == (text, [text])
    # The one secret is the author's own; what the finding says of secrets is text.
    assert rendered.secrets == {"/key": ({"secret": "KEY"}, f" {text}")}


@given(values)
def test_whatever_stands_in_a_finding_rendering_ends_within_its_limits(value: Any) -> None:
    context = of_finding({"event": "finding.new", "data": {"title": value}})
    for template in ("{{ finding.title }}", "a {{ finding.title }}", "{{ finding.title | upper }}"):
        try:
            rendered = render({"text": template}, context)
        except TemplateError:
            continue
        assert rendered.secrets == {}
        assert len(str(rendered.value["text"])) <= RENDERED_BYTES_MAX


@given(texts)
def test_an_expression_binds_a_hostile_text_as_a_value(text: str) -> None:
    data = {"title": text, "severity": "low", "tags": [text]}
    context = of_finding({"event": "finding.new", "data": data})
    assert truth("{{ finding.title }} == 'harmless'", context) is (text.casefold() == "harmless")
    assert truth("'{{ finding.severity }}' == 'critical'", context) is False
    assert truth("'{{ finding.title }}' == '{{ finding.title }}'", context) is True
    assert truth("finding.severity == 'critical' and finding.title", context) is False
    assert truth("finding.title in {{ finding.tags }}", context) is True


@pytest.mark.parametrize("text", TEXTS[:-1], ids=lambda text: ascii(text[:20]))
def test_an_execution_of_a_hostile_finding_is_that_of_a_harmless_one(text: str) -> None:
    steps = (
        step("ask", "condition", expression="'{{ finding.severity }}' == 'critical'", on_true="log")
        | {"on_false": "end"},
        action("log", parameters={"title": "{{ finding.title }}", "key": "{{ secrets.KEY }}"}),
    )

    def told(data: dict[str, Any]) -> Story:
        story = Story(graph(*steps))
        story.start(event={"id": "evt-1", "event": "finding.new", "data": data})
        story.complete("log", {"said": text})
        return story

    severity = {"severity": "critical"}
    hostile = told(hostile_data(text) | severity)
    assert hostile.told == told(hostile_data("harmless") | severity).told
    assert hostile.execution.status is Status.COMPLETED
    [log] = [
        event
        for event in hostile.events
        if isinstance(event, StepStarted) and event.step_id == "log"
    ]
    assert log.input == {"title": text, "key": "{{ secrets.KEY }}"}
    assert log.secrets == {"/key": ({"secret": "KEY"},)}
