"""Reports: what the step that waits for an execution is told when that has ended."""

from typing import Any

from engine.cacao import scopes
from engine.graphs import Graph
from engine.identities import caused_command_id
from engine.outputs import kept
from schemas.commands import CompleteStep, FailStep, StepError
from schemas.events import Event
from schemas.executions import Execution, Status, StepStatus


def reported(execution: Execution, event: Event, graph: Graph) -> CompleteStep | FailStep | None:
    """Return how an execution ended, for the step that waits for it; None: none does.

    The outputs of its steps, and of a workflow what its variables are at the end.
    """
    parent = execution.parent
    if parent is None or not parent.waits:
        return None
    common: dict[str, Any] = {
        "id": caused_command_id(event.id, "report"),
        "execution_id": parent.execution_id,
        "at": event.at,
        **parent.model_dump(include={"step_id", "visit", "attempt"}),
    }
    if execution.status is not Status.COMPLETED:
        reason = f": {execution.reason}" if execution.reason else ""
        message = f"execution {execution.id} is {execution.status}{reason}"
        return FailStep(**common, error=StepError(code="playbook_failed", message=message))
    every, cut = kept(outputs(execution))
    result: dict[str, Any] = {"execution_id": execution.id, "outputs": None if cut else every}
    if graph.workflow is not None:
        values, too_many = kept(scopes.final(execution, graph))
        result["variables"] = None if too_many else values
        # What steps gave besides matters to nobody here, so that it may be left out.
        cut = too_many
    return CompleteStep(**common, output=result, output_truncated=cut)


def outputs(execution: Execution) -> dict[str, Any]:
    """Return the outputs of the completed steps, by step id."""
    completed = StepStatus.COMPLETED
    own = {run.id: run.output for run in execution.steps.values() if run.status is completed}
    return execution.kept | own
