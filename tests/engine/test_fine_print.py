"""Sentences of the playbook format that no one step type and no one control is about."""

from datetime import timedelta

import pytest

from engine.evolution import fold
from engine.flows import Flow
from engine.progress import progress
from schemas import commands, events
from schemas.commands import Parent
from schemas.executions import Status, StepStatus
from tests.examples import FINDING, NOON, Story, action, graph, said, started, step


def test_next_said_aloud_is_the_default() -> None:
    story = started(action("one", on_success="next"), action("two"))
    assert story.complete("one")[-1] == "StepStarted two"


def test_continue_lets_the_execution_complete_with_a_step_failed() -> None:
    story = started(action("one", on_failure="continue"), action("two"))
    story.fail("one")
    story.complete("two")
    done = progress(story.execution)
    assert story.execution.status is Status.COMPLETED
    assert (done.steps_failed, done.steps_completed, done.steps_total) == (1, 1, 2)


def test_abort_cancels_what_still_runs_and_says_why_and_by_which_step() -> None:
    story = started(
        step("fork", "parallel", branches=[["a"], ["b"]], on_failure="continue"),
        action("a", on_failure="abort"),
        action("b"),
        action("after"),
    )
    assert story.fail("a", "no route") == [
        "StepFailed a",
        "StepCancelled fork",
        "StepCancelled b",
        "StepSkipped after",
        "ExecutionFailed",
    ]
    _, fork, b, after, ended = story.events[-5:]
    assert said(fork, "reason") == said(b, "reason") == ("the execution was aborted",)
    assert said(after, "reason") == ("the execution was aborted",)
    assert said(ended, "reason", "step_id") == ("step a failed: no route", "a")


def test_a_failure_that_nobody_handles_aborts_and_names_its_step() -> None:
    story = started(action("one"))
    story.fail("one", "no route")
    assert said(story.events[-1], "reason", "step_id") == ("step one failed: no route", "one")


def test_a_step_that_could_not_be_rendered_names_its_action() -> None:
    story = started(action("one", parameters={"a": "{{ finding.nothing }}"}))
    assert said(story.events[1], "action_ref", "input") == ("act-log", None)


def test_the_output_of_a_step_that_was_not_visited_is_an_error_in_a_template() -> None:
    story = started(
        step("ask", "condition", expression="false", on_true="one", on_false="two"),
        action("one", on_success="end"),
        action("two", parameters={"text": "{{ steps.one.output.id }}"}),
    )
    error = story.execution.steps["two"].error
    assert error is not None
    assert error["code"] == "missing_variable"
    assert "steps.one.output" in error["message"]


def test_branch_and_body_steps_count_too() -> None:
    story = started(
        step("fork", "parallel", branches=[["a"], ["loop"]]),
        action("a"),
        step("loop", "while", expression="loop.index < 1", steps=["body"]),
        action("body"),
    )
    assert progress(story.execution).steps_total == 4


def test_what_a_losing_branch_did_not_come_to_is_not_in_the_total() -> None:
    story = started(
        step("fork", "parallel", branches=[["a", "a2"], ["b"]], join="any"),
        action("a"),
        action("a2"),
        action("b"),
    )
    story.complete("b")
    assert said(progress(story.execution), "steps_total", "steps_completed") == (2, 2)


def test_an_execution_makes_a_thousand_visits_and_no_more() -> None:
    loop = step("loop", "while", expression="true", steps=["body"], max_iterations=1_000)
    story = started(loop, step("body", "condition", expression="true"))
    assert story.execution.visits == 1_000
    ended = story.events[-1]
    assert said(ended, "reason", "step_id") == ("more than 1000 step visits", "body")


def test_an_execution_times_out_that_many_minutes_after_its_start() -> None:
    story = started(action("one"), timeout_minutes=30)
    assert story.timers() == ["execution/timeout"]
    assert story.execution.timeout_at == story.at + timedelta(minutes=30)
    assert story.fire_next()[-1] == "ExecutionFailed"
    assert said(story.events[-1], "reason", "step_id") == ("timed out", None)


def test_who_controls_an_execution_and_what_they_noted_is_in_the_events() -> None:
    story = started(action("one"), action("two"))
    common = {"by": "bob", "note": "because"}
    for kind in ("Pause", "Resume", "Cancel"):
        story.give(getattr(commands, f"{kind}Execution")(**story._common(), **common))
        assert said(story.events[-1], "by", "note") == ("bob", "because")
    assert story.execution.reason == "because"
    cancelled, skipped = story.events[-3:-1]
    assert said(cancelled, "step_id", "reason") == ("one", "the execution was cancelled")
    assert said(skipped, "step_id", "reason") == ("two", "the execution was cancelled")


def test_a_step_that_the_flow_did_not_come_to_says_so() -> None:
    story = started(action("one", on_success="end", on_failure="two"), action("two"))
    story.complete("one")
    assert said(story.events[-2], "step_id", "reason") == ("two", "not reached")


def test_an_output_that_was_cut_is_flagged() -> None:
    story = started(action("one"), action("two"))
    story.complete("one", "xx", output_truncated=True)
    story.complete("two", "xx")
    runs = story.execution.steps.values()
    assert [(run.output, run.output_truncated) for run in runs] == [("xx", True), ("xx", False)]


ORIGIN = {
    "trigger": "manual",
    "event": FINDING,
    "parameters": {"a": 1},
    "target_asset_id": "a-1",
    "by": "alice",
    "traceparent": "00-1-1-00",
    "depth": 3,
    "parent": Parent(execution_id="pexec-0", step_id="call", visit=1, attempt=1),
    "rerun_of": "pexec-9",
    "kept": {"one": 7, "elsewhere": 8},
    "admitted": True,
}


@pytest.mark.parametrize("dry_run", [False, True])
def test_whatever_a_start_says_of_its_origin_the_execution_knows(dry_run: bool) -> None:
    story = Story(graph(action("one"), action("two")))
    story.queue(**ORIGIN, dry_run=dry_run)
    assert story.execution.status is Status.PENDING
    story.start(**ORIGIN, dry_run=dry_run, from_step="two")
    for event in (story.events[0], story.events[1]):
        assert {name: getattr(event, name) for name in ORIGIN} == ORIGIN
        assert event.dry_run is dry_run
    execution = story.execution
    names = [name for name in ORIGIN if name != "kept"]
    assert {name: getattr(execution, name) for name in names} == {n: ORIGIN[n] for n in names}
    assert (execution.dry_run, execution.kept) == (dry_run, {"elsewhere": 8})
    one = execution.steps["one"]
    assert (one.status, one.output, one.kept) == (StepStatus.COMPLETED, 7, True)
    assert execution.started_at == NOON + timedelta(seconds=2)


def test_a_history_that_does_not_begin_with_a_beginning_is_refused_in_words() -> None:
    story = started(action("one"))
    with pytest.raises(ValueError, match=r"event 2 of pexec-1 came first: an execution begins"):
        fold(None, story.events[1:])


def test_a_voice_on_what_no_longer_waits_changes_nothing_but_the_sequence() -> None:
    story = started(action("one"))
    facts = story.events[-1].model_dump(exclude={"type", "attempt", "input", "action_ref"})
    vote = events.ApprovalRecorded.model_validate(
        facts | {"sequence": 3, "approved": True, "by": "alice"}
    )
    after = fold(story.execution, [vote])
    assert after is not None
    assert (after.sequence, after.steps) == (3, story.execution.steps)


def test_before_its_start_a_flow_has_no_execution() -> None:
    command = commands.PauseExecution(id="c", execution_id="pexec-1", at=NOON)
    with pytest.raises(ValueError, match="pexec-1 has not started"):
        Flow(None, command, graph(action("one"))).execution  # noqa: B018


def test_a_further_visit_knows_nothing_of_the_one_before() -> None:
    loop = step("loop", "while", expression="loop.index < 2", steps=["body"])
    story = started(loop, action("body"))
    story.complete("body", "xx", output_truncated=True)
    run = story.execution.steps["body"]
    assert said(run, "visit", "output", "output_truncated") == (2, None, False)


def test_a_step_that_was_kept_and_runs_again_is_kept_no_longer() -> None:
    story = Story(graph(action("one")))
    story.start(kept={"one": 7})
    assert said(story.execution.steps["one"], "output", "kept") == (None, False)


def test_what_a_step_gives_by_itself_is_never_cut() -> None:
    story = started(step("ask", "condition", expression="true"))
    assert not story.execution.steps["ask"].output_truncated


def test_a_failure_that_gives_up_holds_the_flow_nowhere() -> None:
    story = started(step("fork", "parallel", branches=[["a"], ["b"]]), action("a"), action("b"))
    story.pause()
    story.fail("b")
    assert [event.held for event in story.events if event.type == "StepFailed"] == [None, None]
