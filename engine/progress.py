"""How far an execution has come, in numbers: what a reader wants to know without its steps."""

from dataclasses import dataclass

from schemas.executions import UNDER_WAY, Execution, StepStatus

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
    runs = execution.steps.values()
    under_way = [run for run in runs if run.status in UNDER_WAY]
    under_way.sort(key=lambda run: run.started_at or execution.changed_at)
    return Progress(
        current_steps=tuple(run.id for run in under_way),
        steps_completed=sum(run.status is StepStatus.COMPLETED for run in runs),
        steps_failed=sum(run.status is StepStatus.FAILED for run in runs),
        steps_total=sum(run.status not in _LEFT_OUT for run in runs),
    )
