"""Condition steps: the flow goes to one of two; what only the other leads to is skipped."""

from typing import TYPE_CHECKING, cast

from engine import expressions
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from schemas.commands import StepError
from schemas.steps import ConditionStep

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", attempt: Attempt) -> None:
    """Decide, and go there."""
    step = cast(ConditionStep, attempt.node.step)
    run = attempt.begin(flow)
    try:
        result = expressions.truth(step.expression, attempt.context(flow))
    except TemplateError as error:
        flow.fail(run, StepError(code=error.code, message=f"expression: {error}"))
        return
    word = "true" if result else "false"
    target = attempt.node.links[word]
    flow.complete(run, {"result": result, "next": target}, to=target)
    flow.skip_unreachable(target, f"{run.id} was {word}")
