"""While steps: the body is a frame, opened anew as long as the expression holds."""

from typing import TYPE_CHECKING, cast

from engine import contexts, expressions, frames
from engine.cacao import scopes
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from schemas.commands import StepError
from schemas.executions import StepRun
from schemas.steps import WhileStep
from schemas.workflows import LoopStep

if TYPE_CHECKING:
    from engine.flows import Flow

BODY_FAILED = "body_failed"
TOO_MANY = "max_iterations"


def start(flow: "Flow", attempt: Attempt) -> None:
    """Ask for the first time."""
    _round(flow, attempt.begin(flow), 0)


def left(flow: "Flow", opener: StepRun, frame: str) -> None:
    """Ask again: the body has come to its end."""
    _round(flow, opener, frames.parts(frame).number + 1)


def failed(flow: "Flow", opener: StepRun, failed: StepRun, error: StepError) -> None:
    """Fail the step: its body failed."""
    message = f"step {failed.id} failed: {error.message}"
    flow.fail_attempt(opener, StepError(code=BODY_FAILED, message=message))


def _round(flow: "Flow", run: StepRun, index: int) -> None:
    """Go into the body for time ``index`` if the expression holds; else the loop is over."""
    node = flow.graph.nodes[run.id]
    step = cast("WhileStep | LoopStep", node.step)
    frame = frames.frame(run, index)
    try:
        goes_on = _goes_on(flow, step, frame)
    except TemplateError as error:
        flow.fail(run, StepError(code=error.code, message=f"expression: {error}"))
        return
    if not goes_on:
        flow.complete(run, {"iterations": index})
    elif index >= step.max_iterations:
        message = f"the expression still holds after {index} iterations"
        flow.fail(run, StepError(code=TOO_MANY, message=message))
    else:
        flow.go(node.frames[0], frame)


def _goes_on(flow: "Flow", step: WhileStep | LoopStep, frame: str) -> bool:
    if isinstance(step, LoopStep):
        return scopes.of(flow.execution, flow.graph, frame).holds(step.condition)
    context = contexts.of_execution(flow.execution, flow.graph.playbook, frame)
    return expressions.truth(step.expression, context)
