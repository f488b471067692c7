"""A refusal is a value that says why, in a sentence that helps."""

import pytest

from engine.executions import decide
from engine.identities import event_id
from schemas import commands
from schemas.commands import Command, Rejection
from tests.examples import NOON, Story, action, graph, said, started, step

COMMON = {"id": "command-9", "execution_id": "pexec-1", "at": NOON}


def reason(decision: object) -> str:
    assert isinstance(decision, Rejection)
    return f"{decision.code}: {decision.reason}"


def test_a_refusal_names_the_command_that_it_answers() -> None:
    command = commands.PauseExecution(**COMMON)
    refused = decide(None, command, None)
    assert isinstance(refused, Rejection)
    assert said(refused, "execution_id", "command_id", "at") == ("pexec-1", "command-9", NOON)
    assert refused.command_type == "PauseExecution"
    assert reason(refused) == "unknown_execution: no such execution has started"


def test_a_start_of_a_revision_that_nobody_knows_is_refused() -> None:
    command = commands.StartExecution(
        **COMMON, playbook_id="pb-1", playbook_revision="r9", trigger="manual"
    )
    assert reason(decide(None, command, None)) == (
        "unknown_revision: playbook pb-1 has no revision r9"
    )


def test_without_the_revision_that_it_is_pinned_to_an_execution_refuses() -> None:
    story = started(action("one"))
    command = commands.PauseExecution(**COMMON)
    revision = story.execution.playbook_revision
    assert reason(decide(story.execution, command, None)) == (
        f"unknown_revision: revision {revision} is not known"
    )


def test_what_has_ended_says_how() -> None:
    story = started(action("one"))
    story.complete("one")
    assert reason(story.cancel()) == "already_ended: the execution is completed"
    assert reason(story.start()) == "already_ended: the execution is completed"


def test_what_has_started_is_neither_started_nor_queued_again() -> None:
    story = started(action("one"))
    for decision in (story.start(), story.queue()):
        assert reason(decision) == "already_started: the execution has already started"


def test_a_chain_that_is_too_long_is_told_to_look_for_a_circle() -> None:
    story = Story(graph(action("one")))
    assert reason(story.start(depth=9)) == (
        "too_deep: executions lead to each other more than 8 deep: is there a circle?"
    )


def test_a_step_that_does_not_exist_is_named() -> None:
    story = started(action("one"))
    for decision in (story.complete("two"), story.approve("two")):
        assert reason(decision) == "unknown_step: there is no step two"
    fresh = Story(graph(action("one")))
    assert reason(fresh.start(from_step="two")) == "unknown_step: there is no step two"


def test_a_late_result_is_told_which_attempt_counts() -> None:
    story = started(action("one"))
    assert reason(story.complete("one", attempt=2)) == (
        "late_result: step one is at visit 1, attempt 1: visit 1, attempt 2 no longer counts"
    )
    assert reason(story.complete("one", visit=2)).startswith("late_result")


def test_controls_that_do_not_fit_say_what_is() -> None:
    story = Story(graph(action("one")))
    story.queue()
    assert reason(story.pause()) == "not_started: the execution has not started yet: cancel it"
    story.start()
    assert reason(story.resume()) == "not_paused: the execution has not been paused"
    story.pause()
    assert reason(story.pause()) == "already_paused: the execution is paused already"


def test_who_is_no_approver_is_told_who_is() -> None:
    story = started(step("ask", "approval", approvers=["alice", "bob"], required=2))
    assert reason(story.approve("ask", by="eve")) == (
        "not_an_approver: eve is none of the approvers: alice, bob"
    )
    story.approve("ask", by="bob")
    assert reason(story.approve("ask", by="bob")) == "already_voted: bob has decided already"
    assert (
        reason(story.approve("ask", by="alice", visit=7)) == "late_result: step ask is at visit 1"
    )


def test_who_approves_what_does_not_wait_is_told_so() -> None:
    story = started(action("one"))
    assert reason(story.approve("one")) == "not_waiting: step one does not wait for approval"


@pytest.mark.parametrize("seconds", [-1, 1])
def test_a_timer_of_another_time_is_refused(seconds: int) -> None:
    story = started(step("wait", "delay", duration=60))
    due_at = story.execution.steps["wait"].waiting.due_at  # type: ignore[union-attr]
    at = due_at.replace(second=due_at.second + seconds)  # type: ignore[union-attr]
    facts = {"timer": "wait/1/1/due", "due_at": at}
    command: Command = commands.FireTimer(**COMMON | {"at": due_at}, **facts)
    assert reason(decide(story.execution, command, story.graph)) == (
        "timer_gone: timer wait/1/1/due is not due"
    )


def test_a_timer_fires_at_its_very_moment_and_not_before() -> None:
    story = started(step("wait", "delay", duration=60))
    due_at = story.execution.steps["wait"].waiting.due_at  # type: ignore[union-attr]
    facts = {"timer": "wait/1/1/due", "due_at": due_at}
    early = commands.FireTimer(**COMMON, **facts)
    assert reason(decide(story.execution, early, story.graph)).startswith("timer_gone")
    in_time = commands.FireTimer(**COMMON | {"at": due_at}, **facts)
    assert not isinstance(decide(story.execution, in_time, story.graph), Rejection)


def test_the_id_of_an_event_follows_from_execution_and_sequence() -> None:
    story = started(action("one"))
    assert [event.id for event in story.events] == [event_id("pexec-1", n) for n in (1, 2)]
