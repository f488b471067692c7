"""Attempts of action steps: run, and told as the command that reports their result."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog

from engine.outputs import kept
from engine.steps.actions import OUTCOME_UNKNOWN
from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep, StepError
from schemas.executions import Execution, StepRun
from streams import traces
from streams.actions.actions import Actions
from streams.actions.errors import ActionError, InternalError

log = structlog.get_logger(__name__)


async def run(actions: Actions, request: ActionRequest) -> CompleteStep | FailStep:
    """Run one attempt and return its result as the command that reports it.

    A failure after which the call may have been carried out is an unknown outcome, unless to
    make it once more does no harm: then it is a failure like others, and may be tried again.
    """
    says = {"execution_id": request.execution_id, "playbook_id": request.playbook_id}
    says |= {"step_id": request.step_id, "action_ref": request.action_ref}
    with traces.spanning("step", request.traceparent, **says) as span:
        span.say(visit=request.visit, attempt=request.attempt)
        told = request.model_copy(update={"traceparent": span.traceparent})
        try:
            result = await _result(actions, told)
        except Exception as error:
            # A failure of a third party's connector that says what no command can.
            log.error("failure cannot be told as it is", **says, error=type(error).__name__)
            wrong = InternalError(request.action_ref, type(error).__name__)
            result = FailStep(**_reported(request), error=_error(wrong))
        if isinstance(result, FailStep):
            span.fail(result.error.code)
    return result


async def _result(actions: Actions, request: ActionRequest) -> CompleteStep | FailStep:
    try:
        output = await actions.run(request)
    except ActionError as error:
        if error.in_doubt and not actions.is_repeatable(request):
            return unknown(request, str(error))
        settle_seconds = actions.settle_seconds(request) if error.in_doubt else 0.0
        return FailStep(**_reported(request), error=_error(error, settle_seconds))
    output, truncated = kept(output)
    return CompleteStep(**_reported(request), output=output, output_truncated=truncated)


def _error(error: ActionError, settle_seconds: float = 0.0) -> StepError:
    """Return what a command says of a failure; it is tried again after ``settle_seconds``."""
    wish = error.retry_after_seconds
    return StepError(
        code=error.code,
        message=str(error),
        retryable=error.retryable,
        retry_after_seconds=max(wish or 0.0, settle_seconds) if settle_seconds else wish,
    )


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
