"""Taking back: the graph of an execution that undoes what another one did.

It has the playbook and revision of the other, and steps of its own: a delay when the undo is
for later (``revert_after``), then the ``undo`` of each step, under ``undo-<step id>``. All
of them are tried, whatever becomes of the ones before; it fails at its end if one failed.
"""

from datetime import timedelta

from engine import durations
from engine.graphs import Graph, Node, declared
from schemas.commands import Undoing
from schemas.executions import Execution, StepRun, StepStatus
from schemas.steps import CONTINUE, END, ActionStep, DelayStep, Step

WAIT = "undo.wait"


def walked(graph: Graph, undoing: Undoing | None) -> Graph:
    """Return what an execution of this revision walks: the graph, or what takes it back."""
    if undoing is None:
        return graph
    path: list[Step] = []
    if undoing.due_at is not None:
        until = undoing.due_at.isoformat()
        path.append(DelayStep(id=WAIT, name="Wait", type="delay", until=until))
    path += [undo for step_id in undoing.step_ids if (undo := _undo(graph, step_id)) is not None]
    onward = [step.id for step in path[1:]] + [END]
    return Graph(
        playbook=graph.playbook,
        revision=graph.revision,
        start=path[0].id if path else END,
        nodes={
            step.id: Node(step=step, next=after, on_failure=CONTINUE, retry=step.retry)
            for step, after in zip(path, onward, strict=True)
        },
        declared=tuple(declared(step) for step in path),
        all_must_succeed=True,
    )


def revert_after(graph: Graph, run: StepRun) -> timedelta | None:
    """Return how long after its completion a step is taken back by itself; None: it is not."""
    node = graph.nodes.get(run.id)
    if node is None or not isinstance(node.step, ActionStep):
        return None
    if node.step.undo is None or node.step.revert_after is None:
        return None
    return timedelta(seconds=durations.seconds(node.step.revert_after))


def undoable(execution: Execution, graph: Graph) -> list[StepRun]:
    """Return the completed steps that can be taken back, the last one first."""
    runs = [
        run
        for run in execution.steps.values()
        if run.status is StepStatus.COMPLETED and not run.kept and _undo(graph, run.id) is not None
    ]
    return sorted(runs, key=_completed_at)[::-1]


def undo_step_id(step_id: str) -> str:
    """Return the id of the step that takes a step back."""
    return f"undo-{step_id}"


def _completed_at(run: StepRun) -> float:
    return 0.0 if run.completed_at is None else run.completed_at.timestamp()


def _undo(graph: Graph, step_id: str) -> ActionStep | None:
    node = graph.nodes.get(step_id)
    if node is None or not isinstance(node.step, ActionStep) or node.step.undo is None:
        return None
    step = node.step
    return ActionStep(
        id=undo_step_id(step.id),
        name=f"Undo {step.name or step.id}"[:256],
        type="action",
        action_ref=node.step.undo.action_ref,
        parameters=node.step.undo.parameters,
        timeout_seconds=step.timeout_seconds,
        retry=step.retry,
    )
