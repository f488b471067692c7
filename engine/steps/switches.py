"""Switch steps: the flow goes to one of many; what only the others lead to is skipped."""

from typing import TYPE_CHECKING, Any, cast

from engine import expressions
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from engine.templates.values import text
from schemas.commands import StepError
from schemas.steps import SwitchStep

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", attempt: Attempt) -> None:
    """Decide, and go there."""
    step = cast(SwitchStep, attempt.node.step)
    run = attempt.begin(flow)
    try:
        value = expressions.evaluate(step.expression, attempt.context(flow))
    except TemplateError as error:
        flow.fail(run, StepError(code=error.code, message=f"expression: {error}"))
        return
    case = _case(value, attempt.node.links)
    target = attempt.node.links[case]
    flow.complete(run, {"value": value, "case": case or None, "next": target}, to=target)
    flow.skip_unreachable(target, f"{run.id} took another way")


def _case(value: Any, links: dict[str, str]) -> str:
    """Return the case that ``value`` names, "" when none does. A number is named by its digits."""
    if value is None:
        return ""
    name = text(value).casefold()
    return name if name in links else ""
