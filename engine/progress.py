"""How far an execution has come, in numbers: what a reader wants to know without its steps."""

from dataclasses import dataclass

from schemas.executions import UNDER_WAY, Execution, StepRun, StepStatus

_LEFT_OUT = frozenset({StepStatus.SKIPPED, StepStatus.CANCELLED})


@dataclass(frozen=True)
class Progress:
    """Counts of steps.

    current_steps: ids of those under way, the longest under way first.
    steps_total: the declared ones, less those that the flow passed by or broke off.
    """

    current_steps: tuple[str, ...]
    steps_completed: int
    steps_failed: int
    steps_total: int


def progress(execution: Execution) -> Progress:
    """Return the progress of an execution."""
    under_way: list[StepRun] = []
    completed = failed = left_out = 0
    # One pass: it is asked for with every change of an execution.
    for run in execution.steps.values():
        status = run.status
        if status is StepStatus.COMPLETED:
            completed += 1
        elif status is StepStatus.FAILED:
            failed += 1
        elif status in UNDER_WAY:
            under_way.append(run)
        elif status in _LEFT_OUT:
            left_out += 1
    under_way.sort(key=lambda run: run.started_at or execution.changed_at)
    return Progress(
        current_steps=tuple(run.id for run in under_way),
        steps_completed=completed,
        steps_failed=failed,
        steps_total=len(execution.steps) - left_out,
    )
