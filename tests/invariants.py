"""What is true of every execution between two decisions, whatever has happened to it.

Each rule is told by its violation, in a sentence: the simulator, the model check and the laws
all ask ``violations``, after every decision.
"""

from collections import Counter
from collections.abc import Iterator

from engine import frames
from engine.frames import OUTERMOST
from engine.progress import progress
from engine.timers import timers
from schemas.executions import (
    CONTAINERS,
    ENDED,
    UNDER_WAY,
    Execution,
    Status,
    StepRun,
    StepStatus,
)


def violations(execution: Execution) -> Iterator[str]:
    """Yield what is wrong with an execution as a decision has left it."""
    ended = execution.status in ENDED
    yield from _of_end(execution) if ended else _of_flow(execution)
    done = progress(execution)
    if ended and done.steps_total != done.steps_completed + done.steps_failed:
        yield f"of {done.steps_total} steps not all have ended: {done}"
    for run in execution.steps.values():
        if run.held is not None and not execution.paused:
            yield f"step {run.id} is held, but nobody has paused the execution"


def _of_end(execution: Execution) -> Iterator[str]:
    if execution.completed_at is None or execution.paused or list(timers(execution)):
        yield f"the execution is {execution.status}, but something may still come"
    for run in execution.steps.values():
        if run.status in UNDER_WAY or run.status is StepStatus.PENDING:
            yield f"step {run.id} is {run.status} though the execution is {execution.status}"


def _of_flow(execution: Execution) -> Iterator[str]:
    """Yield what is wrong with where the flow stands."""
    runs = execution.steps.values()
    tokens = [run for run in runs if _is_token(run)]
    open_frames = {
        frames.prefix(run): run
        for run in runs
        if run.type in CONTAINERS and run.status in UNDER_WAY and run.retry_at is None
    }
    if execution.status is Status.PENDING:
        if tokens:
            yield "the execution is pending, but the flow has started"
        return
    if not tokens:
        yield "the flow stands nowhere: the execution can never end"
    yield from _of_status(execution, tokens)
    # Of a workflow, what handles a failure runs in a frame of the step that failed, alone.
    alone = all(run.frame != OUTERMOST or run.held is not None for run in tokens)
    failed = {frames.prefix(r) for r in runs if r.status is StepStatus.FAILED and not r.frame}
    for run in runs:
        if run.status in UNDER_WAY or run.held is not None:
            opener = run.frame.rpartition("/")[0] + "/"
            is_open = opener in open_frames or (alone and opener in failed)
            if run.frame != OUTERMOST and not is_open:
                yield f"step {run.id} is under way in the frame {run.frame}, which is not open"
    for frame, count in Counter(
        run.frame for run in runs if run.status in UNDER_WAY or run.held is not None
    ).items():
        if count > 1:
            yield f"{count} steps are under way in the frame {frame!r}"
    for within, opener in open_frames.items():
        if not any(run.frame.startswith(within) for run in tokens + list(open_frames.values())):
            yield f"step {opener.id} is under way, but nothing is within it"


def _is_token(run: StepRun) -> bool:
    """Tell whether the flow stands at a step, and not only around it."""
    if run.held is not None or run.status is StepStatus.WAITING:
        return True
    return run.status is StepStatus.RUNNING and (
        run.type not in CONTAINERS or run.retry_at is not None
    )


def _of_status(execution: Execution, tokens: list[StepRun]) -> Iterator[str]:
    moves = any(run.status is StepStatus.RUNNING for run in tokens)
    expected = Status.PAUSED if execution.paused or not moves else Status.RUNNING
    if execution.status is not expected:
        yield f"the execution is {execution.status}, but {expected} is what its steps say"
