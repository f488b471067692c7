"""An action that has completed is a finding of its own, and says how deep the chain is by now."""

from typing import Any

import pytest

from engine import contexts
from engine.completions import completions, depth
from engine.consequences import consequences
from engine.triggers import TriggerIndex
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.examples import FINDING, Story, action, graph, step


def story(*steps: dict[str, Any], **says: Any) -> Story:
    told = Story(graph(*steps))
    told.start(**says)
    return told


def told(of: Story, output: Any = None) -> list[Finding]:
    """Complete the step ``block`` and return what is told of it."""
    before = len(of.events)
    of.complete("block", output)
    return list(completions(of.execution, of.events[before:]))


def matches(finding: Finding, **conditions: Any) -> bool:
    trigger = Trigger(event="action.completed", conditions=conditions)
    index = TriggerIndex([(("pb", "1"), trigger)])
    return bool(index.matches(finding.event, contexts.of_finding(finding)))


def test_it_says_which_action_and_what_came_of_it() -> None:
    [finding] = told(story(action("block", action_ref="act-block-ip")), {"rule": 7})
    assert finding.event == "action.completed"
    assert finding.data == FINDING["data"] | {
        "execution_id": "pexec-1",
        "playbook_id": "pb-example",
        "step_id": "block",
        "action_ref": "act-block-ip",
        "status": "completed",
        "output": {"rule": 7},
        "output_truncated": False,
        "depth": 1,
    }


def test_its_identity_is_that_of_the_event() -> None:
    of = story(action("block"))
    [finding] = told(of)
    [completed] = [event for event in of.events if event.type == "StepCompleted"]
    assert (finding.id, finding.source) == (completed.id, "/playbooks/pb-example")
    assert finding.timestamp == completed.at


def test_conditions_can_ask_for_the_action_and_for_what_it_was_about() -> None:
    [finding] = told(story(action("block", action_ref="act-block-ip")), {"rule": 7})
    asked = {"action_ref": "act-block-ip", "asset.id": "a-1001", "finding.severity": "critical"}
    assert matches(finding, **asked)
    assert matches(finding, **{"output.rule": {"$gt": 5}, "cvss": {"$gte": 9}})
    assert not matches(finding, action_ref="act-log")


def test_of_a_run_by_hand_the_asset_is_told() -> None:
    [finding] = told(story(action("block"), event=None, target_asset_id="a-17"))
    assert matches(finding, asset_id="a-17")
    [finding] = told(story(action("block"), event=None))
    assert "asset" not in finding.data


def test_only_actions_that_complete_are_told() -> None:
    of = story(step("wait", "delay", duration=1), action("block"))
    of.fire_next()
    assert list(completions(of.execution, of.events)) == []
    of.fail("block")
    assert list(completions(of.execution, of.events)) == []


def test_a_dry_run_tells_nothing() -> None:
    assert told(story(action("block"), dry_run=True)) == []


def test_an_event_that_is_too_large_is_left_out_and_that_is_said() -> None:
    large = FINDING | {"data": {"text": "x" * (1 << 20)}}
    [finding] = told(story(action("block"), event=large))
    assert "text" not in finding.data
    assert finding.data["event_truncated"] is True


def test_what_follows_is_one_deeper() -> None:
    [finding] = told(story(action("block"), depth=3))
    assert depth(finding) == 4


@pytest.mark.parametrize("said", [None, "7", True, -1, 1.5])
def test_an_event_of_somebody_else_is_at_the_beginning(said: Any) -> None:
    assert depth(Finding(event="action.completed", data={"depth": said})) == 0
    assert depth(Finding(event="finding.new", data={"depth": 3})) == 0


def test_an_undo_is_as_deep_as_what_it_takes_back() -> None:
    # Otherwise a chain by way of undo would begin anew each time, and never end.
    undo = {"action_ref": "act-undo", "parameters": {}}
    of = Story(graph(action("block", undo=undo, revert_after="1h")))
    of.start(depth=8)
    before = len(of.events)
    of.complete("block")
    [later] = consequences(of.execution, of.events[before:], of.graph)
    assert getattr(later, "depth", None) == 8
