"""What expressions and templates can name, before and while an execution runs."""

from typing import Any

import pytest

from engine.conditions import compiled
from engine.contexts import Context, of_finding
from schemas.findings import Finding
from tests.examples import FINDING, Story, action, graph


def holds(conditions: dict[str, Any], event: str = "finding.new", **data: Any) -> bool:
    return compiled(conditions).holds(of_finding({"id": "e-1", "event": event, "data": data}))


@pytest.mark.parametrize("path", ["event.id", "finding.title", "finding", "asset.id", "scan.id"])
def test_a_run_that_nothing_triggered_has_no_event_and_nothing_of_it(path: str) -> None:
    story = Story(graph(action("one", parameters={"text": f"{{{{ {path} | default('none') }}}}"})))
    story.start(trigger="manual", event=None)
    assert story.execution.steps["one"].input == {"text": "none"}


def test_a_finding_is_known_as_it_was_read() -> None:
    finding = Finding.model_validate_json(
        b'{"id": "e-1", "event": "finding.new", "source": "scanner", "data": {"finding_id": "f-1"}}'
    )
    context: Context = of_finding(finding)
    assert compiled({"event.source": "scanner", "event.data.finding_id": "f-1"}).holds(context)
    assert compiled({"finding.id": "f-1", "event.time": {"$exists": False}}).holds(context)


def test_a_scan_is_known_by_its_id_by_its_fields_and_by_what_is_said_of_it() -> None:
    assert holds({"scan.id": "sc-1"}, scan_id="sc-1")
    assert holds({"scan.profile": "full"}, event="scan.completed", profile="full")
    assert holds(
        {"scan.id": "sc-1", "scan.profile": "full"}, scan_id="sc-1", scan={"profile": "full"}
    )
    assert holds({"scan": "sc-1"}, scan="sc-1")
    assert not holds({"scan": {"$exists": True}}, profile="full")


def test_an_asset_may_be_a_name_and_nothing_else() -> None:
    assert holds({"asset": "app.example.com"}, asset="app.example.com")
    assert not holds({"asset.id": {"$exists": True}}, asset="app.example.com")


def test_the_event_of_an_execution_is_the_whole_finding() -> None:
    story = Story(graph(action("one", parameters={"all": "{{ event }}"})))
    story.start()
    assert story.execution.steps["one"].input == {"all": FINDING}
