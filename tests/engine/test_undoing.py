"""Taking back: what a cancel with undo, and ``revert_after``, start and cancel."""

from typing import Any

from engine.consequences import Consequence, consequences, revert_id
from engine.identities import undo_execution_id
from schemas.actions import ActionRequest
from schemas.commands import CancelExecution, Rejection, StartExecution, Undoing
from schemas.executions import Status
from tests.examples import Story, action, started

UNDO = {"action_ref": "act-unblock", "parameters": {"id": "{{ steps.block.output.id }}"}}


def last(story: Story, given: Any) -> list[Consequence]:
    """Return what follows from the events that ``given`` caused."""
    assert not isinstance(given, Rejection)
    happened = story.events[len(story.events) - len(given) :]
    return list(consequences(story.execution, happened, story.graph))


def blocked(*, revert_after: str | None = None) -> Story:
    says = {} if revert_after is None else {"revert_after": revert_after}
    return started(action("block", undo=UNDO, **says), action("isolate", undo=UNDO), action("tell"))


def test_a_cancel_with_undo_takes_back_what_was_done_the_last_first() -> None:
    story = blocked()
    story.complete("block", {"id": 7})
    story.complete("isolate", {"id": 8})
    [undo] = last(story, story.cancel(undo=True))
    assert isinstance(undo, StartExecution)
    assert undo.undoing == Undoing(execution_id="pexec-1", step_ids=("isolate", "block"))
    assert undo.execution_id == undo_execution_id("pexec-1", "all")


def test_a_cancel_without_undo_takes_nothing_back() -> None:
    story = blocked()
    story.complete("block", {"id": 7})
    assert last(story, story.cancel()) == []


def test_the_undo_is_an_execution_of_its_own_with_the_outputs_of_the_first() -> None:
    story = blocked()
    story.complete("block", {"id": 7})
    [start] = last(story, story.cancel(undo=True))
    assert isinstance(start, StartExecution)
    undo = Story(story.graph, execution_id=start.execution_id)
    assert undo.give(start) == ["ExecutionStarted", "StepStarted undo-block"]
    [request] = consequences(undo.execution, undo.events, undo.graph)
    assert isinstance(request, ActionRequest)
    assert (request.action_ref, request.parameters) == ("act-unblock", {"id": 7})
    run = undo.execution.steps["undo-block"]
    assert (run.action_ref, run.input) == ("act-unblock", {"id": 7})
    assert undo.complete("undo-block") == ["StepCompleted undo-block", "ExecutionCompleted"]


def test_an_undo_that_fails_lets_the_others_try_and_fails_at_the_end() -> None:
    story = blocked()
    story.complete("block", {"id": 7})
    story.complete("isolate", {"id": 8})
    [start] = last(story, story.cancel(undo=True))
    assert isinstance(start, StartExecution)
    undo = Story(story.graph, execution_id=start.execution_id)
    undo.give(start)
    assert undo.fail("undo-isolate") == ["StepFailed undo-isolate", "StepStarted undo-block"]
    assert undo.complete("undo-block")[-1] == "ExecutionFailed"
    assert undo.execution.reason == "failed: undo-isolate"


def test_revert_after_starts_the_undo_at_once_and_lets_it_wait() -> None:
    story = blocked(revert_after="4h")
    start, *_ = last(story, story.complete("block", {"id": 7}))
    assert isinstance(start, StartExecution)
    assert start.execution_id == revert_id(story.execution, story.execution.steps["block"], 1)
    undo = Story(story.graph, execution_id=start.execution_id)
    assert undo.give(start)[1:] == ["StepStarted undo.wait", "StepWaiting undo.wait"]
    assert undo.execution.status is Status.PAUSED
    assert undo.fire_next() == ["StepCompleted undo.wait", "StepStarted undo-block"]


def test_a_cancel_with_undo_replaces_what_was_to_be_undone_later() -> None:
    story = blocked(revert_after="4h")
    story.complete("block", {"id": 7})
    cancelled, undo = last(story, story.cancel(undo=True))
    assert isinstance(cancelled, CancelExecution)
    assert cancelled.execution_id == revert_id(story.execution, story.execution.steps["block"], 1)
    assert isinstance(undo, StartExecution)


def test_an_undo_cannot_be_undone() -> None:
    story = blocked(revert_after="4h")
    start, *_ = last(story, story.complete("block", {"id": 7}))
    assert isinstance(start, StartExecution)
    undo = Story(story.graph, execution_id=start.execution_id)
    undo.give(start)
    undo.fire_next()
    assert last(undo, undo.complete("undo-block")) == []
