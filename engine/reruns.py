"""Running again: where a further execution starts, and what it keeps of the one before.

It is of the same revision, about the same event and asset. An undo that is run again takes
back what the first one could not.
"""

from typing import NamedTuple

from engine.frames import OUTERMOST
from engine.graphs import Graph
from engine.undoing import WAIT, undo_step_id, walked
from schemas.commands import Undoing
from schemas.executions import ENDED, Execution, StepStatus
from schemas.messages import JsonObject
from schemas.steps import END

_UNDONE = frozenset({StepStatus.FAILED, StepStatus.CANCELLED})


class Rerun(NamedTuple):
    """Where to start, and the outputs of the steps before it, by step id.

    from_step: None: at the first one. undoing: what it takes back, None when it is no undo.
    variables: of an imported playbook, as they were assigned.
    """

    from_step: str | None
    kept: JsonObject
    undoing: Undoing | None
    variables: dict[str, str]


class Refusal(NamedTuple):
    """Why an execution is not run again. code: stable; reason: a sentence that says what to do."""

    code: str
    reason: str


def rerun(execution: Execution, graph: Graph | None, *, from_start: bool) -> Rerun | Refusal:
    """Return how to run an execution again: from its start, else from what failed.

    graph: of the revision that it is pinned to, None when nobody knows it any more.
    """
    if execution.status not in ENDED:
        return Refusal(
            "still_running",
            f"execution {execution.id} is {execution.status}: wait for its end, or cancel it first",
        )
    if graph is None:
        playbook_id, revision = execution.playbook_id, execution.playbook_revision
        return Refusal(
            "unknown_revision",
            f"revision {revision} of playbook {playbook_id} is no longer known: "
            "run the playbook as it is now instead",
        )
    if from_start:
        return Rerun(None, execution.kept, execution.undoing, {})
    found = from_failed(execution, graph)
    if found is None:
        return Refusal(
            "nothing_failed",
            f"no step of execution {execution.id} failed or was broken off (it is "
            f'{execution.status}): say "from": "start" (--from start) to run all of it again',
        )
    return found


def from_failed(execution: Execution, graph: Graph) -> Rerun | None:
    """Return how to go on from the step that failed; None: none did, or nothing was reached.

    Inside of a branch or a loop that is the outermost step around it, which runs whole again.
    Completed steps that the flow may come to again are not kept: they run again.
    """
    if execution.undoing is not None:
        return _undo_again(execution, execution.undoing, graph)
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
    kept = {run.id: run.output for run in completed if run.id not in again}
    return Rerun(last.id, kept, None, execution.variables.get("", {}))


def _undo_again(execution: Execution, undoing: Undoing, graph: Graph) -> Rerun | None:
    """Return how to take back what has not been taken back, all of which is tried, not the last."""
    left = tuple(
        step_id
        for step_id in undoing.step_ids
        if not _is_completed(execution, undo_step_id(step_id))
    )
    # It need not wait a second time.
    due_at = None if _is_completed(execution, WAIT) else undoing.due_at
    again = Undoing(execution_id=undoing.execution_id, step_ids=left, due_at=due_at)
    start = walked(graph, again).start
    return None if not left or start == END else Rerun(start, execution.kept, again, {})


def _is_completed(execution: Execution, step_id: str) -> bool:
    run = execution.steps.get(step_id)
    return run is not None and run.status is StepStatus.COMPLETED
