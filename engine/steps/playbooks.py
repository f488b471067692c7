"""Playbook steps: another playbook runs, as an execution of its own that reports back."""

from typing import TYPE_CHECKING, Any, cast

from engine.cacao import scopes
from engine.cacao.variables import bare
from engine.identities import child_execution_id
from engine.paths import MISSING
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from schemas.commands import StepError
from schemas.steps import PlaybookStep
from schemas.workflows import CallStep

if TYPE_CHECKING:
    from engine.flows import Flow

DEPTH_MAX = 8
"""How many executions may lead to each other: by playbook steps, or by what actions trigger."""


def start(flow: "Flow", attempt: Attempt) -> None:
    """Ask for the execution of the other playbook (``engine/consequences.py``)."""
    step = cast("PlaybookStep | CallStep", attempt.node.step)
    execution = flow.execution
    try:
        parameters = _parameters(flow, attempt, step)
    except TemplateError as error:
        flow.fail(attempt.begin(flow), StepError(code=error.code, message=str(error)))
        return
    child_id = child_execution_id(execution.id, step.id, attempt.visit, attempt.attempt)
    run = attempt.begin(flow, input=parameters, child_id=child_id)
    if execution.depth >= DEPTH_MAX:
        message = f"playbooks call each other more than {DEPTH_MAX} deep"
        flow.fail(run, StepError(code="too_deep", message=message))
    elif isinstance(step, PlaybookStep) and not step.wait:
        flow.complete(run, {"execution_id": child_id})


def _parameters(flow: "Flow", attempt: Attempt, step: PlaybookStep | CallStep) -> Any:
    if isinstance(step, PlaybookStep):
        return render(step.parameters, attempt.context(flow)).value
    found = scopes.of(execution=flow.execution, graph=flow.graph, frame=attempt.frame, step=step)
    known = {name: found.typed(name) for name in step.in_args}
    return {bare(name): value for name, value in known.items() if value is not MISSING}
