"""What follows from the events of one execution for others: given events, then commands."""

from typing import Any

from engine.consequences import CURRENT, Consequence, consequences, refusal_report
from schemas.actions import ActionRequest
from schemas.commands import (
    CancelExecution,
    CompleteStep,
    FailStep,
    Rejection,
    StartExecution,
)
from schemas.executions import Status
from tests.examples import NOON, Story, action, code, graph, started, step

UNDO = {"action_ref": "act-unblock", "parameters": {"id": "{{ steps.block.output.id }}"}}


def followed(story: Story, since: int = 0) -> list[Consequence]:
    """Return what follows from the events after the first ``since``."""
    return list(consequences(story.execution, story.events[since:], story.graph))


def last(story: Story, given: Any) -> list[Consequence]:
    """Return what follows from the events that ``given`` caused."""
    assert not isinstance(given, Rejection)
    return followed(story, len(story.events) - len(given))


def calling(**says: Any) -> Story:
    call = step("call", "playbook", playbook_id="pb-other", parameters={"n": 1}, **says)
    return started(call, action("after"))


def test_a_started_action_asks_for_its_run() -> None:
    [request] = followed(started(action("one", parameters={"a": "{{ finding.severity }}"})))
    assert isinstance(request, ActionRequest)
    assert request.parameters == {"a": "critical"}
    assert request.idempotency_key == "pexec-1/one/1"


def test_a_step_that_failed_at_once_asks_for_nothing() -> None:
    story = started(action("one", parameters={"a": "{{ finding.nothing }}"}))
    assert story.execution.status is Status.FAILED
    assert followed(story) == []


def test_a_playbook_step_starts_the_current_revision_of_the_other_playbook() -> None:
    story = calling()
    [child] = followed(story)
    assert isinstance(child, StartExecution)
    assert (child.playbook_id, child.playbook_revision) == ("pb-other", CURRENT)
    assert child.parameters == {"n": 1}
    assert child.depth == 1
    assert child.parent is not None
    assert (child.parent.execution_id, child.parent.step_id) == ("pexec-1", "call")
    assert child.execution_id == story.execution.steps["call"].child_id


def test_a_playbook_step_that_does_not_wait_completes_at_once() -> None:
    story = calling(wait=False)
    assert story.told[-2:] == ["StepCompleted call", "StepStarted after"]
    child, _ = followed(story)
    assert isinstance(child, StartExecution)
    assert child.parent is not None
    assert not child.parent.waits


def child_of(parent: Story) -> Story:
    [asked] = followed(parent)
    assert isinstance(asked, StartExecution)
    child = Story(graph(action("work")), execution_id=asked.execution_id)
    child.give(asked)
    return child


def test_a_child_that_completes_reports_its_outputs_to_the_step_that_waits() -> None:
    parent = calling()
    child = child_of(parent)
    [report] = last(child, child.complete("work", {"x": 1}))
    assert isinstance(report, CompleteStep)
    assert parent.give(report) == ["StepCompleted call", "StepStarted after"]
    assert parent.execution.steps["call"].output == {
        "execution_id": child.execution_id,
        "outputs": {"work": {"x": 1}},
    }


def test_a_child_that_fails_fails_the_step_that_waits() -> None:
    parent = calling()
    child = child_of(parent)
    [report] = last(child, child.fail("work"))
    assert isinstance(report, FailStep)
    given = parent.give(report)
    assert given == ["StepFailed call", "StepSkipped after", "ExecutionFailed"]
    assert last(parent, given) == []


def test_a_child_is_cancelled_with_its_parent() -> None:
    parent = calling()
    [cancel] = last(parent, parent.cancel())
    assert isinstance(cancel, CancelExecution)
    assert cancel.execution_id == parent.execution.steps["call"].child_id


def test_a_child_is_cancelled_when_its_step_times_out() -> None:
    parent = calling(timeout_seconds=60, on_failure="end")
    [cancel] = last(parent, parent.fire_next())
    assert isinstance(cancel, CancelExecution)


def test_a_child_that_is_refused_fails_the_step_that_waits() -> None:
    parent = calling()
    [asked] = followed(parent)
    assert isinstance(asked, StartExecution)
    rejection = Rejection(
        execution_id=asked.execution_id,
        command_id=asked.id,
        command_type=asked.type,
        at=NOON,
        code="unknown_revision",
        reason="playbook pb-other has no revision",
    )
    report = refusal_report(asked, rejection)
    assert report is not None
    assert parent.give(report) == ["StepFailed call", "StepSkipped after", "ExecutionFailed"]


def test_playbooks_that_call_each_other_too_deep_fail_their_step_and_start_nothing() -> None:
    story = Story(graph(step("call", "playbook", playbook_id="pb-other")))
    story.start(depth=8)
    assert story.told[-1] == "ExecutionFailed"
    assert followed(story) == []


def test_a_dry_run_passes_delays_and_approvals_and_marks_every_event_and_request() -> None:
    story = Story(
        graph(
            action("block", undo=UNDO, revert_after="4h"),
            step("wait", "delay", duration="4h"),
            step("ask", "approval", approvers=["bob"], required=1),
            step("call", "playbook", playbook_id="pb-other"),
        )
    )
    story.start(dry_run=True)
    [request] = followed(story)
    assert isinstance(request, ActionRequest)
    assert request.dry_run
    given = story.complete("block", {"id": 7})
    assert given == [
        "StepCompleted block",
        "StepStarted wait",
        "StepCompleted wait",
        "StepStarted ask",
        "StepWaiting ask",
        "StepCompleted ask",
        "StepStarted call",
    ]
    [child] = last(story, given)
    assert isinstance(child, StartExecution)
    assert child.dry_run
    assert all(event.dry_run for event in story.events)


def test_a_start_from_a_step_that_does_not_exist_is_refused() -> None:
    assert code(Story(graph(action("one"))).start(from_step="nothing")) == "unknown_step"


def test_each_time_round_a_loop_starts_an_execution_that_nobody_waits_for() -> None:
    story = started(
        step("again", "while", expression="loop.index < 3", steps=["call"]),
        step("call", "playbook", playbook_id="pb-other", wait=False),
    )
    children = followed(story)
    assert [isinstance(child, StartExecution) for child in children] == [True] * 3
    assert len({child.execution_id for child in children}) == 3


def test_a_start_that_comes_twice_does_not_fail_the_step_that_waits_for_it() -> None:
    [start] = followed(calling())
    assert isinstance(start, StartExecution)
    child = Story(graph(action("one")), execution_id=start.execution_id)
    child.give(start)
    again = child.give(start)
    assert isinstance(again, Rejection)
    assert refusal_report(start, again) is None
