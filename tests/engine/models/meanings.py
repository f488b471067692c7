"""What each transition must mean, in the words of the playbook format: one function a sentence.

Each is told of every transition there is, and yields what is wrong with those it is about.
"""

from collections.abc import Callable, Iterator
from typing import Any

from engine import frames
from engine.executions import decide
from engine.graphs import FAIL, Node
from schemas.commands import FailStep, Rejection
from schemas.executions import ENDED, UNDER_WAY, Execution, Status, StepRun, StepStatus
from schemas.steps import ABORT, CONTINUE, END
from tests.engine.models.exploration import Transition, completed
from tests.examples import told

Meaning = Callable[[Transition], Iterator[str]]


def a_pause_stops_new_steps_and_nothing_else(seen: Transition) -> Iterator[str]:
    """Running actions finish; until the resume nothing starts."""
    if seen.command.type == "PauseExecution" and _told(seen) != ["ExecutionPaused"]:
        yield "a pause did more than pause"
    if seen.before.paused and seen.command.type != "ResumeExecution" and _starts(seen):
        yield f"{_starts(seen)} started during a pause"


def a_resume_goes_on_wherever_the_flow_was_held(seen: Transition) -> Iterator[str]:
    """Each step that was held back starts; where an end was held, that end is come to."""
    if seen.command.type == "ResumeExecution" and seen.after.status not in ENDED:
        for run in seen.before.steps.values():
            goes_on = run.held in (None, END, *_starts(seen))
            if not goes_on and not _is_over(seen, run.frame):
                yield f"{run.held} was held behind {run.id}, and did not start"


def a_cancel_ends_whatever_is_under_way(seen: Transition) -> Iterator[str]:
    """Steps under way are cancelled, steps never reached skipped, and nothing else happens."""
    if seen.command.type != "CancelExecution":
        return
    expected = {f"StepCancelled {run.id}" for run in _under_way(seen.before)}
    pending = StepStatus.PENDING
    expected |= {f"StepSkipped {r.id}" for r in seen.before.steps.values() if r.status is pending}
    if {*_told(seen)} != expected | {"ExecutionCancelled"}:
        yield f"a cancel of {expected} was {_told(seen)}"


def a_failed_step_is_tried_again_while_it_has_attempts(seen: Transition) -> Iterator[str]:
    """max_attempts counts the first; a retry is all that the failure causes."""
    if not isinstance(seen.command, FailStep):
        return
    node, run = _node(seen, seen.command.step_id), seen.before.steps[seen.command.step_id]
    most = 1 if node.retry is None else node.retry.max_attempts
    expected = "StepRetryScheduled" if run.attempt < most else "StepFailed"
    if seen.happened[0].type != expected:
        yield f"attempt {run.attempt} of {most} was followed by {seen.happened[0].type}"
    if expected == "StepRetryScheduled" and len(seen.happened) > 1:
        yield f"a retry did more: {_told(seen)}"


def a_failure_that_is_continued_goes_on_as_if_it_had_succeeded(seen: Transition) -> Iterator[str]:
    """What follows StepFailed is what would have followed StepCompleted."""
    if not isinstance(seen.command, FailStep) or seen.happened[0].type != "StepFailed":
        return
    if _node(seen, seen.command.step_id).on_failure == CONTINUE:
        run = seen.before.steps[seen.command.step_id]
        instead = decide(seen.before, completed(seen.before, run), seen.graph)
        assert not isinstance(instead, Rejection)
        if [told(event) for event in instead][1:] != _told(seen)[1:]:
            yield f"after the failure {_told(seen)}, else {[told(event) for event in instead]}"


def abort_ends_the_execution(seen: Transition) -> Iterator[str]:
    """Said by a step, wherever it stands: the execution is failed, what ran is cancelled."""
    for event in _of(seen, "StepFailed"):
        if _node(seen, event.step_id).on_failure == ABORT and seen.after.status != "failed":
            yield f"{event.step_id} says abort, but the execution is {seen.after.status}"


def a_failure_unsaid_outside_of_any_list_aborts(seen: Transition) -> Iterator[str]:
    """The playbook's default."""
    for event in _of(seen, "StepFailed"):
        outermost = seen.after.steps[event.step_id].frame == frames.OUTERMOST
        unsaid = _node(seen, event.step_id).on_failure == FAIL
        if outermost and unsaid and seen.after.status is not Status.FAILED:
            yield f"{event.step_id} failed, but the execution is {seen.after.status}"


def a_failure_that_names_a_step_leads_there(seen: Transition) -> Iterator[str]:
    """The step that on_failure names is started, or held while the execution is paused."""
    for index, event in enumerate(seen.happened):
        target = _node(seen, event.step_id).on_failure if event.type == "StepFailed" else FAIL
        if target not in seen.graph.nodes or seen.after.status in ENDED:
            continue
        rest = seen.happened[index + 1 :]
        begun = any(later.type == "StepStarted" and later.step_id == target for later in rest)
        held = getattr(event, "held", None) == target and seen.before.paused
        if not begun and not held and not _is_over(seen, seen.after.steps[target].frame):
            yield f"step {target} is named for the failure of {_told(seen)}, and did not start"


def with_all_a_failed_branch_fails_the_step(seen: Transition) -> Iterator[str]:
    """At once, or the step is tried again; and nothing of it goes on meanwhile."""
    for event in _of(seen, "StepFailed"):
        opener = _unhandled_in(seen, event, "all")
        if opener is not None and seen.after.status not in ENDED:
            after = seen.after.steps[opener.id]
            again = after.retry_at is not None or after.attempt > opener.attempt
            if after.status is not StepStatus.FAILED and not again:
                yield f"{event.step_id} failed, but {opener.id} is {after.status}"


def with_any_a_failed_branch_leaves_the_others_their_chance(seen: Transition) -> Iterator[str]:
    """The step fails when none is left."""
    for event in _of(seen, "StepFailed"):
        opener = _unhandled_in(seen, event, "any")
        if opener is None or event.step_id != getattr(seen.command, "step_id", None):
            continue
        others = [run for run in _within(seen.before, opener) if run.id != event.step_id]
        others = [run for run in others if run.frame != seen.before.steps[event.step_id].frame]
        ends = {e.step_id for e in seen.happened if e.type in ("StepFailed", "StepRetryScheduled")}
        if bool(others) == (opener.id in ends) and seen.after.status not in ENDED:
            yield f"{event.step_id} failed beside {[run.id for run in others]}: {_told(seen)}"


def with_any_the_first_branch_wins_and_the_losers_are_cancelled(seen: Transition) -> Iterator[str]:
    """When the step completes, nothing of it is under way any more."""
    for event in _of(seen, "StepCompleted"):
        if getattr(_node(seen, event.step_id).step, "join", None) == "any":
            opener = seen.before.steps[event.step_id]
            losers = {r.id for r in _within(seen.before, opener)} - _reached(seen)
            if not losers <= {each.step_id for each in _of(seen, "StepCancelled")}:
                yield f"{losers} lost, but {_told(seen)}"


def with_all_the_step_completes_when_every_branch_has_come_to_its_end(
    seen: Transition,
) -> Iterator[str]:
    """No branch is under way, and none has failed without a rule for it."""
    for event in _of(seen, "StepCompleted"):
        if getattr(_node(seen, event.step_id).step, "join", None) != "all":
            continue
        run = seen.after.steps[event.step_id]
        mine = [r for r in seen.after.steps.values() if r.frame.startswith(frames.prefix(run))]
        for inner in mine:
            unhandled = _node(seen, inner.id).on_failure in (FAIL, ABORT)
            if inner.status is StepStatus.FAILED and unhandled:
                yield f"{run.id} completed though {inner.id} failed"
        if len({inner.frame for inner in mine}) != len(_node(seen, run.id).frames):
            yield f"{run.id} completed before all of its branches had started"


def nothing_is_under_way_in_a_step_that_is_not(seen: Transition) -> Iterator[str]:
    """When a parallel step or a loop has ended, or waits to be tried again, its lists have too."""
    for run in seen.after.steps.values():
        over = run.status not in UNDER_WAY or run.retry_at is not None
        if over and run.type in ("parallel", "while") and _within(seen.after, run):
            yield f"{[inner.id for inner in _within(seen.after, run)]} go on without {run.id}"


def a_completed_execution_has_handled_every_failure(seen: Transition) -> Iterator[str]:
    """Outside of any list a failed step had a rule that is not abort."""
    for run in seen.after.steps.values():
        failed = run.status is StepStatus.FAILED and run.frame == frames.OUTERMOST
        unhandled = failed and _node(seen, run.id).on_failure in (FAIL, ABORT)
        if unhandled and seen.after.status is Status.COMPLETED:
            yield f"the execution is completed, but {run.id} failed"


MEANINGS: tuple[Meaning, ...] = (
    a_pause_stops_new_steps_and_nothing_else,
    a_resume_goes_on_wherever_the_flow_was_held,
    a_cancel_ends_whatever_is_under_way,
    a_failed_step_is_tried_again_while_it_has_attempts,
    a_failure_that_is_continued_goes_on_as_if_it_had_succeeded,
    abort_ends_the_execution,
    a_failure_unsaid_outside_of_any_list_aborts,
    a_failure_that_names_a_step_leads_there,
    with_all_a_failed_branch_fails_the_step,
    with_any_a_failed_branch_leaves_the_others_their_chance,
    with_any_the_first_branch_wins_and_the_losers_are_cancelled,
    with_all_the_step_completes_when_every_branch_has_come_to_its_end,
    nothing_is_under_way_in_a_step_that_is_not,
    a_completed_execution_has_handled_every_failure,
)


def _told(seen: Transition) -> list[str]:
    return [told(event) for event in seen.happened]


def _of(seen: Transition, event_type: str) -> list[Any]:
    return [event for event in seen.happened if event.type == event_type]


def _starts(seen: Transition) -> list[str]:
    return [event.step_id for event in _of(seen, "StepStarted")]


def _node(seen: Transition, step_id: str) -> Node:
    return seen.graph.nodes[step_id]


def _under_way(execution: Execution) -> list[StepRun]:
    return [run for run in execution.steps.values() if run.status in UNDER_WAY]


def _within(execution: Execution, opener: StepRun) -> list[StepRun]:
    """Return what is under way, or held, right within what an attempt of ``opener`` opened."""
    return [
        run
        for run in execution.steps.values()
        if run.frame.startswith(frames.prefix(opener))
        and (run.status in UNDER_WAY or run.held is not None)
    ]


def _reached(seen: Transition) -> set[str]:
    """Return the steps that the decision completed or failed."""
    return {e.step_id for e in seen.happened if e.type in ("StepCompleted", "StepFailed")} | {
        run.id for run in seen.before.steps.values() if run.status not in UNDER_WAY
    }


def _unhandled_in(seen: Transition, event: Any, join: str) -> StepRun | None:
    """Return the parallel step in a branch of which a step failed with no rule of its own."""
    frame = seen.after.steps[event.step_id].frame
    if frame == frames.OUTERMOST or _node(seen, event.step_id).on_failure != FAIL:
        return None
    opener = seen.before.steps[frames.parts(frame).opener]
    is_such = getattr(_node(seen, opener.id).step, "join", None) == join
    return opener if is_such and opener.status in UNDER_WAY else None


def _is_over(seen: Transition, frame: str) -> bool:
    """Tell whether the list that a step stands in was ended by the same decision."""
    if frame == frames.OUTERMOST:
        return False
    opener = seen.after.steps[frames.parts(frame).opener]
    return opener.status not in UNDER_WAY or opener.retry_at is not None
