"""How far an execution has come, in numbers: what a reader wants to know without its steps."""

from dataclasses import dataclass

from schemas.executions import Execution, StepStatus


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
    counts = execution.steps.counts
    under_way = sorted(
        execution.steps.under_way, key=lambda run: run.started_at or execution.changed_at
    )
    return Progress(
        current_steps=tuple(run.id for run in under_way),
        steps_completed=counts[StepStatus.COMPLETED],
        steps_failed=counts[StepStatus.FAILED],
        steps_total=len(execution.steps)
        - counts[StepStatus.SKIPPED]
        - counts[StepStatus.CANCELLED],
    )
