"""Action steps: the parameters are rendered, then the step agent is asked to run them."""

from typing import TYPE_CHECKING, Any, cast

from engine.steps import approvals
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from schemas.commands import StepError
from schemas.executions import StepRun, StepStatus
from schemas.steps import ActionStep

if TYPE_CHECKING:
    from engine.flows import Flow

OUTCOME_UNKNOWN = "outcome_unknown"
"""The code of an attempt of which nobody can say whether it took effect."""


def start(flow: "Flow", attempt: Attempt) -> None:
    """Begin an attempt; every further one of a visit has the parameters of the first."""
    step = cast(ActionStep, attempt.node.step)
    facts: dict[str, Any] = {"action_ref": step.action_ref}
    if attempt.before is not None:
        attempt.begin(flow, **facts, input=attempt.before.input, secrets=attempt.before.secrets)
        return
    try:
        rendered = render(step.parameters, attempt.context(flow), allow_secrets=True)
    except TemplateError as error:
        run = attempt.begin(flow, **facts)
        # Not an attempt that may be tried again: the same context renders to the same error.
        flow.fail(run, StepError(code=error.code, message=str(error)))
        return
    attempt.begin(flow, **facts, input=rendered.value, secrets=rendered.secrets)


def is_sought(run: StepRun) -> bool:
    """Tell whether people are asked what became of an attempt."""
    reason = None if run.waiting is None else run.waiting.reason
    return run.status is StepStatus.WAITING and reason == OUTCOME_UNKNOWN


def failed(flow: "Flow", run: StepRun, error: StepError) -> None:
    """Take the failure of an attempt, by ``on_unknown`` if it may have taken effect."""
    step = flow.graph.nodes[run.id].step
    if error.code != OUTCOME_UNKNOWN or not isinstance(step, ActionStep):
        flow.fail_attempt(run, error)
    elif step.on_unknown == "ask":
        approvals.ask_for_outcome(flow, run, error)
    elif step.on_unknown == "retry":
        flow.fail_attempt(run, error.model_copy(update={"retryable": True}))
    else:
        flow.fail(run, error)
