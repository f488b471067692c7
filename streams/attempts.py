"""Attempts of action steps: run, and told as the command that reports their result."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from engine.outputs import kept
from engine.steps.actions import OUTCOME_UNKNOWN
from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep, StepError
from schemas.executions import Execution, StepRun
from streams import traces
from streams.actions.actions import Actions
from streams.actions.errors import ActionError


async def run(actions: Actions, request: ActionRequest) -> CompleteStep | FailStep:
    """Run one attempt and return its result as the command that reports it.

    A failure after which the call may have been carried out is an unknown outcome, unless to
    make it once more does no harm: then it is a failure like others, and may be tried again.
    """
    says = {"execution_id": request.execution_id, "playbook_id": request.playbook_id}
    says |= {"step_id": request.step_id, "action_ref": request.action_ref}
    with traces.spanning("step", request.traceparent, **says) as span:
        span.say(visit=request.visit, attempt=request.attempt)
        result = await _result(
            actions, request.model_copy(update={"traceparent": span.traceparent})
        )
        if isinstance(result, FailStep):
            span.fail(result.error.code)
    return result


async def _result(actions: Actions, request: ActionRequest) -> CompleteStep | FailStep:
    try:
        output = await actions.run(request)
    except ActionError as error:
        if error.in_doubt and not actions.is_repeatable(request):
            return unknown(request, str(error))
        wish = error.retry_after_seconds
        if error.in_doubt and (settle_seconds := actions.settle_seconds(request)):
            wish = max(wish or 0.0, settle_seconds)
        return FailStep(
            **_reported(request),
            error=StepError(
                code=error.code,
                message=str(error),
                retryable=error.retryable,
                retry_after_seconds=wish,
            ),
        )
    output, truncated = kept(output)
    return CompleteStep(**_reported(request), output=output, output_truncated=truncated)


def unknown(request: ActionRequest, reason: str = "the worker ended during the call") -> FailStep:
    """Return the report of an attempt of which nobody can say whether it took effect."""
    message = f"{request.action_ref} may or may not have taken effect: {reason}"
    return FailStep(**_reported(request), error=StepError(code=OUTCOME_UNKNOWN, message=message))


def is_in_doubt(actions: Actions, execution: Execution, run: StepRun) -> bool:
    """Tell whether an attempt that has no result in time must not simply be made again.

    Who runs it says so as well, but may have ended, or have begun too late to say anything.
    """
    if run.action_ref is None or execution.dry_run:
        return False
    return not actions.does_no_harm_twice(run.action_ref, run.input or {})


def _reported(request: ActionRequest) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "execution_id": request.execution_id,
        "at": datetime.now(UTC),
        "step_id": request.step_id,
        "visit": request.visit,
        "attempt": request.attempt,
    }
