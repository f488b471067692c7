"""What falls due in an execution, and when.

Timers are not stored: they follow from the state, so they are restored with it. The
owner of the partition keeps the next due time of each execution in a heap and gives
``FireTimer`` when it comes (``streams/timers.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.executions import ENDED, Execution, StepRun, StepStatus

Kind = Literal["execution_timeout", "step_timeout", "retry", "due"]


@dataclass(frozen=True)
class Timer:
    """A due time. run: the step it is about, None for the whole execution.

    name: stable and unique within the execution, so that one firing has one identity.
    """

    name: str
    kind: Kind
    due_at: datetime
    run: StepRun | None = None


def timers(execution: Execution) -> Iterator[Timer]:
    """Yield every timer of the execution."""
    if execution.status in ENDED:
        return
    if execution.timeout_at is not None:
        yield Timer("execution/timeout", "execution_timeout", execution.timeout_at)
    for run in execution.steps.under_way:
        yield from _of_step(run, paused=execution.paused)


def _of_step(run: StepRun, *, paused: bool) -> Iterator[Timer]:
    attempt = f"{run.id}/{run.visit}/{run.attempt}"
    if run.timeout_at is not None:
        yield Timer(f"{attempt}/timeout", "step_timeout", run.timeout_at, run)
    # A pause starts nothing, so no further attempt either: it is due when the pause is over.
    if run.retry_at is not None and not paused:
        yield Timer(f"{attempt}/retry", "retry", run.retry_at, run)
    waiting = run.waiting
    if run.status is StepStatus.WAITING and waiting is not None and waiting.due_at is not None:
        yield Timer(f"{attempt}/due", "due", waiting.due_at, run)


def next_timer(execution: Execution) -> Timer | None:
    """Return the timer that falls due first, None when nothing ever will."""
    return min(timers(execution), key=_due_at, default=None)


def next_due_at(execution: Execution) -> datetime | None:
    """Return when something falls due next, None when nothing ever will."""
    timer = next_timer(execution)
    return None if timer is None else timer.due_at


def _due_at(timer: Timer) -> datetime:
    return timer.due_at
