"""What follows from an execution says in full what it is about, and has an id that follows too."""

from datetime import timedelta
from typing import Any

import pytest

from engine.consequences import Consequence, consequences, refusal_report, revert_id
from engine.executions import refused
from engine.identities import caused_command_id, undo_execution_id
from schemas import commands
from schemas.actions import ActionRequest
from schemas.commands import (
    CancelExecution,
    CompleteStep,
    FailStep,
    Parent,
    Rejection,
    StartExecution,
    Undoing,
)
from schemas.executions import Status
from tests.examples import FINDING, Story, action, graph, said, step

ORIGIN: dict[str, Any] = {
    "trigger": "finding.new",
    "parameters": {"p": 1},
    "target_asset_id": "a-1",
    "by": "alice",
    "traceparent": "00-1-1-00",
}
HOUR = timedelta(hours=1)
UNDO = {"action_ref": "act-undo", "parameters": {}}
PARENT = Parent(execution_id="pexec-0", step_id="call", visit=2, attempt=3)


def begun(*steps: dict[str, Any], **says: Any) -> Story:
    """Return an execution of these steps that says all there is to say of its origin."""
    story = Story(graph(*steps))
    story.start(**ORIGIN | says)
    return story


def last(story: Story, given: list[str] | Rejection) -> list[Consequence]:
    """Return what follows from the events that ``given`` caused."""
    assert not isinstance(given, Rejection)
    happened = story.events[len(story.events) - len(given) :]
    return list(consequences(story.execution, happened, story.graph))


def test_a_request_has_everything_that_the_step_agent_needs() -> None:
    story = begun(action("one", parameters={"k": "{{ secrets.A }}"}, timeout_seconds=60))
    [request] = consequences(story.execution, story.events, story.graph)
    started = story.events[-1]
    assert isinstance(request, ActionRequest)
    assert request.model_dump() == {
        "type": "ActionRequest",
        "id": started.id,
        "execution_id": "pexec-1",
        "playbook_id": "pb-example",
        "step_id": "one",
        "visit": 1,
        "attempt": 1,
        "at": started.at,
        "action_ref": "act-log",
        "idempotency_key": "pexec-1/one/1",
        "parameters": {"k": "{{ secrets.A }}"},
        "secrets": {"/k": ({"secret": "A"},)},
        "timeout_at": story.execution.steps["one"].timeout_at,
        "traceparent": "00-1-1-00",
    }
    assert request.timeout_at is not None


def test_a_child_knows_what_its_parent_knows() -> None:
    story = begun(step("call", "playbook", playbook_id="pb-other", parameters={"n": 1}))
    [child] = consequences(story.execution, story.events, story.graph)
    assert isinstance(child, StartExecution)
    names = ("trigger", "target_asset_id", "by", "traceparent")
    assert said(child, *names) == said(story.execution, *names)
    assert said(child, "event", "parameters", "depth") == (FINDING, {"n": 1}, 1)
    assert child.id == caused_command_id(story.events[-1].id, "child")
    assert child.execution_id == story.execution.steps["call"].child_id


def test_the_end_of_a_child_is_told_to_the_attempt_that_waits() -> None:
    story = begun(action("one"), parent=PARENT)
    [report] = last(story, story.complete("one", {"a": 1}))
    ended = story.events[-1]
    assert isinstance(report, CompleteStep)
    assert report.model_dump() == {
        "type": "CompleteStep",
        "id": caused_command_id(ended.id, "report"),
        "execution_id": "pexec-0",
        "at": ended.at,
        "step_id": "call",
        "visit": 2,
        "attempt": 3,
        "output": {"execution_id": "pexec-1", "outputs": {"one": {"a": 1}}},
    }


def test_outputs_of_a_child_that_are_too_large_are_left_out_and_that_is_flagged() -> None:
    story = begun(action("one"), parent=PARENT)
    [report] = last(story, story.complete("one", "x" * 100_000))
    assert isinstance(report, CompleteStep)
    assert report.output == {"execution_id": "pexec-1", "outputs": None}
    assert report.output_truncated


def test_the_failure_of_a_child_is_told_with_its_reason() -> None:
    story = begun(action("one"), parent=PARENT)
    [report] = last(story, story.fail("one", "no route"))
    assert isinstance(report, FailStep)
    assert said(report.error, "code", "message") == (
        "playbook_failed",
        "execution pexec-1 is failed: step one failed: no route",
    )


def test_a_child_that_was_cancelled_without_a_word_says_no_reason() -> None:
    story = begun(action("one"), parent=PARENT)
    [report] = last(story, story.cancel())
    assert isinstance(report, FailStep)
    assert report.error.message == "execution pexec-1 is cancelled"


@pytest.mark.parametrize("undo", [True, False])
def test_a_child_is_cancelled_as_its_parent_is(undo: bool) -> None:
    story = begun(step("call", "playbook", playbook_id="pb-other"))
    [stopped] = last(story, story.cancel(undo=undo))
    cancelled = next(event for event in story.events if event.type == "StepCancelled")
    assert isinstance(stopped, CancelExecution)
    assert stopped.model_dump() == {
        "type": "CancelExecution",
        "id": caused_command_id(cancelled.id, "child"),
        "execution_id": story.execution.steps["call"].child_id,
        "at": cancelled.at,
        "by": "step call of pexec-1",
        "note": "",
    } | ({"undo": True} if undo else {})


def test_a_start_that_is_refused_is_told_to_the_attempt_that_waits() -> None:
    facts = {"id": "c-1", "execution_id": "pexec-1", "at": Story(graph(action("one"))).at}
    start = commands.StartExecution(
        **facts, playbook_id="pb-1", playbook_revision="r", trigger="manual", parent=PARENT
    )
    report = refusal_report(start, refused(start, "unknown_revision", "none such"))
    assert report is not None
    assert report.id == caused_command_id("c-1", "refused")
    assert said(report, "execution_id", "step_id", "visit", "attempt") == ("pexec-0", "call", 2, 3)
    assert said(report.error, "code", "message") == ("unknown_revision", "none such")


@pytest.mark.parametrize("parent", [None, PARENT.model_copy(update={"waits": False})])
def test_a_start_that_is_refused_is_told_to_nobody_when_nobody_waits(parent: Parent | None) -> None:
    facts = {"id": "c-1", "execution_id": "pexec-1", "at": Story(graph(action("one"))).at}
    start = commands.StartExecution(
        **facts, playbook_id="pb-1", playbook_revision="r", trigger="manual", parent=parent
    )
    assert refusal_report(start, refused(start, "unknown_revision", "none such")) is None


def test_an_undo_knows_what_the_execution_knew() -> None:
    story = begun(action("one", undo=UNDO), action("two"))
    story.complete("one", {"id": 7})
    [undo] = last(story, story.cancel(undo=True))
    assert isinstance(undo, StartExecution)
    names = ("target_asset_id", "by", "traceparent", "parameters", "event", "playbook_id")
    assert said(undo, *names) == said(story.execution, *names)
    assert said(undo, "trigger", "kept") == ("undo", {"one": {"id": 7}})
    assert undo.id == caused_command_id(story.events[-1].id, "undo")
    assert undo.playbook_revision == story.execution.playbook_revision


def test_each_visit_is_taken_back_by_an_execution_of_its_own() -> None:
    story = begun(action("one", undo=UNDO, revert_after="1h"), action("two"))
    [start, *_] = last(story, story.complete("one"))
    assert isinstance(start, StartExecution)
    run = story.execution.steps["one"]
    assert revert_id(story.execution, run, 1) == undo_execution_id("pexec-1", "one/1")
    assert start.execution_id == undo_execution_id("pexec-1", "one/1")
    assert start.undoing == Undoing(
        execution_id="pexec-1", step_ids=("one",), due_at=start.at + HOUR
    )


def test_what_was_taken_back_in_its_time_is_not_taken_back_again() -> None:
    story = begun(
        action("first", undo=UNDO),
        action("short", undo=UNDO, revert_after="1s"),
        action("long", undo=UNDO, revert_after="1h"),
        action("last"),
    )
    for step_id in ("first", "short", "long"):
        story.complete(step_id)
    stopped, undo = last(story, story.cancel(undo=True))
    assert isinstance(stopped, CancelExecution)
    assert stopped.by == "cancel of pexec-1"
    assert stopped.execution_id == undo_execution_id("pexec-1", "long/1")
    assert stopped.id == caused_command_id(story.events[-1].id, "revert/long")
    assert isinstance(undo, StartExecution)
    assert undo.undoing is not None
    assert undo.undoing.step_ids == ("long", "first")


def test_when_everything_was_taken_back_in_its_time_nothing_is_left_to_undo() -> None:
    story = begun(action("one", undo=UNDO, revert_after="1s"), action("two"))
    story.complete("one")
    assert last(story, story.cancel(undo=True)) == []


def test_a_dry_run_takes_nothing_back() -> None:
    story = begun(action("one", undo=UNDO), action("two"), dry_run=True)
    story.complete("one")
    assert last(story, story.cancel(undo=True)) == []


def test_an_undo_that_waits_for_its_time_can_be_cancelled() -> None:
    story = begun(action("one", undo=UNDO, revert_after="4h"))
    start, *_ = last(story, story.complete("one"))
    assert isinstance(start, StartExecution)
    assert story.execution.status is Status.COMPLETED
    undo = Story(story.graph, execution_id=start.execution_id)
    undo.give(start)
    assert undo.execution.undoing is not None
    assert undo.execution.undoing.execution_id == "pexec-1"
    assert undo.cancel()[-1] == "ExecutionCancelled"


def test_all_undos_that_failed_are_named() -> None:
    story = begun(action("one", undo=UNDO), action("two", undo=UNDO), action("three"))
    story.complete("one")
    story.complete("two")
    [start] = last(story, story.cancel(undo=True))
    assert isinstance(start, StartExecution)
    undo = Story(story.graph, execution_id=start.execution_id)
    undo.give(start)
    undo.fail("undo-two")
    undo.fail("undo-one")
    assert undo.execution.reason == "failed: undo-two, undo-one"
