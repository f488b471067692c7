"""Pause, resume, cancel and queue: given events, when somebody says so, then events."""

from engine.timers import timers
from schemas.executions import Status, StepStatus
from tests.examples import Story, action, code, graph, started, step


def test_a_pause_lets_the_running_action_finish_and_starts_nothing_more() -> None:
    story = started(action("one"), action("two"))
    assert story.pause() == ["ExecutionPaused"]
    assert story.complete("one") == ["StepCompleted one"]
    assert story.execution.status is Status.PAUSED


def test_a_resume_goes_on_where_the_flow_was_held() -> None:
    story = started(action("one"), action("two"))
    story.pause()
    story.complete("one")
    assert story.resume() == ["ExecutionResumed", "StepStarted two"]
    assert story.execution.status is Status.RUNNING


def test_a_resume_before_anything_was_held_only_resumes() -> None:
    story = started(action("one"))
    story.pause()
    assert story.resume() == ["ExecutionResumed"]
    assert story.complete("one")[-1] == "ExecutionCompleted"


def test_the_end_of_the_flow_is_held_too() -> None:
    story = started(action("one"))
    story.pause()
    assert story.complete("one") == ["StepCompleted one"]
    assert story.resume() == ["ExecutionResumed", "ExecutionCompleted"]


def test_a_second_pause_and_a_resume_of_what_is_not_paused_are_refused() -> None:
    story = started(action("one"))
    assert code(story.resume()) == "not_paused"
    story.pause()
    assert code(story.pause()) == "already_paused"


def test_a_resume_of_an_execution_that_only_waits_is_refused() -> None:
    assert code(started(step("wait", "delay", duration=60)).resume()) == "not_paused"


def test_a_pause_holds_every_branch_where_it_stands() -> None:
    story = started(
        step("fork", "parallel", branches=[["a", "a2"], ["b"]]),
        action("a"),
        action("a2"),
        action("b"),
        action("after"),
    )
    story.pause()
    story.complete("b")
    story.complete("a")
    assert story.status("fork") is StepStatus.RUNNING
    assert story.resume() == ["ExecutionResumed", "StepStarted a2"]
    assert story.complete("a2")[-1] == "StepStarted after"


def test_a_branch_held_by_a_pause_is_not_started_after_its_parallel_step_failed() -> None:
    story = started(
        step("fork", "parallel", branches=[["a", "a2"], ["b"]], on_failure="after"),
        action("a"),
        action("a2"),
        action("b"),
        action("after"),
    )
    story.pause()
    story.complete("a")
    assert story.fail("b") == ["StepFailed b", "StepFailed fork"]
    assert story.resume() == ["ExecutionResumed", "StepStarted after"]


def test_a_delay_that_ends_during_a_pause_holds_the_flow() -> None:
    story = started(step("wait", "delay", duration=60), action("after"))
    story.pause()
    assert story.fire_next() == ["StepCompleted wait"]
    assert story.resume()[-1] == "StepStarted after"


def test_a_retry_that_falls_due_during_a_pause_starts_when_it_is_over() -> None:
    story = started(action("one"))
    story.fail("one", retryable=True)
    story.pause()
    assert list(story.timers()) == []
    story.resume()
    assert story.fire_next() == ["StepStarted one"]


def test_a_cancel_ends_what_waits_and_what_runs() -> None:
    story = started(
        step("fork", "parallel", branches=[["wait"], ["work"]]),
        step("wait", "delay", duration=60),
        action("work"),
        action("after"),
    )
    assert story.cancel() == [
        "StepCancelled fork",
        "StepCancelled wait",
        "StepCancelled work",
        "StepSkipped after",
        "ExecutionCancelled",
    ]
    assert code(story.complete("work")) == "already_ended"


def test_a_queued_execution_is_pending_until_it_is_started() -> None:
    story = Story(graph(action("one")))
    assert story.queue() == ["ExecutionQueued"]
    assert story.execution.status is Status.PENDING
    assert story.start() == ["ExecutionStarted", "StepStarted one"]
    assert [event.sequence for event in story.events] == [1, 2, 3]


def test_a_queued_execution_can_be_cancelled_and_is_then_not_started() -> None:
    story = Story(graph(action("one")))
    story.queue()
    assert story.cancel() == ["StepSkipped one", "ExecutionCancelled"]
    assert code(story.start()) == "already_ended"


def test_a_queued_execution_cannot_be_paused() -> None:
    story = Story(graph(action("one")))
    story.queue()
    assert code(story.pause()) == "not_started"


def test_a_chain_of_executions_that_is_too_long_is_refused() -> None:
    story = Story(graph(action("one")))
    assert code(story.start(depth=9)) == "too_deep"
    assert story.start(depth=8) == ["ExecutionStarted", "StepStarted one"]


def test_an_execution_that_has_ended_holds_nothing() -> None:
    story = started(action("one"), action("two"))
    story.pause()
    story.complete("one")
    story.cancel()
    assert [run.held for run in story.execution.steps.values()] == [None, None]


def test_every_due_time_has_a_name_and_a_kind() -> None:
    story = started(
        step("fork", "parallel", branches=[["wait"], ["work"], ["again"]], timeout_seconds=900),
        step("wait", "delay", duration=60, timeout_seconds=600),
        action("work", timeout_seconds=60),
        action("again", retry={"max_attempts": 2}),
        timeout_minutes=30,
    )
    story.fail("again")
    every = timers(story.execution)
    found = {timer.name: (timer.kind, timer.run and timer.run.id) for timer in every}
    assert found == {
        "execution/timeout": ("execution_timeout", None),
        "fork/1/1/timeout": ("step_timeout", "fork"),
        "wait/1/1/timeout": ("step_timeout", "wait"),
        "wait/1/1/due": ("due", "wait"),
        "work/1/1/timeout": ("step_timeout", "work"),
        "again/1/1/retry": ("retry", "again"),
    }


def test_what_has_been_waited_for_is_not_due_again() -> None:
    story = started(
        step("fork", "parallel", branches=[["wait"], ["work"]]),
        step("wait", "delay", duration=60),
        action("work"),
    )
    story.fire_next()
    assert story.timers() == []


def test_an_execution_that_has_ended_has_no_due_times() -> None:
    story = started(action("one", timeout_seconds=60), timeout_minutes=30)
    story.cancel()
    assert story.timers() == []
