"""Running again: where a further execution starts, and what it keeps of the one before."""

from typing import NamedTuple

from engine.frames import OUTERMOST
from engine.graphs import Graph
from schemas.executions import Execution, StepStatus
from schemas.messages import JsonObject

_UNDONE = frozenset({StepStatus.FAILED, StepStatus.CANCELLED})


class Rerun(NamedTuple):
    """Where to start, and the outputs of the steps before it, by step id."""

    from_step: str
    kept: JsonObject


def from_failed(execution: Execution, graph: Graph) -> Rerun | None:
    """Return how to go on from the step that failed; None: none did, or nothing was reached.

    Inside of a branch or a loop that is the outermost step around it, which runs whole again.
    Completed steps that the flow may come to again are not kept: they run again.
    """
    stopped = [
        run
        for run in execution.steps.values()
        if run.frame == OUTERMOST and run.status in _UNDONE and run.started_at is not None
    ]
    if not stopped:
        return None
    last = max(stopped, key=lambda run: (run.started_at, run.visit))
    again = graph.reachable([last.id])
    completed = (r for r in execution.steps.values() if r.status is StepStatus.COMPLETED)
    return Rerun(last.id, {run.id: run.output for run in completed if run.id not in again})
