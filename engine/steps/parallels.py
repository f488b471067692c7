"""Parallel steps: branches run at once; each is a frame, and they join in the step."""

from typing import TYPE_CHECKING, cast

from engine import frames
from engine.graphs import FAIL
from engine.steps.attempts import Attempt
from schemas.commands import StepError
from schemas.executions import StepRun, StepStatus
from schemas.steps import ABORT, ParallelStep
from schemas.workflows import ForkStep

if TYPE_CHECKING:
    from engine.flows import Flow

BRANCH_FAILED = "branch_failed"


def start(flow: "Flow", attempt: Attempt) -> None:
    """Set off in every branch."""
    run = attempt.begin(flow)
    for index, first in enumerate(attempt.node.frames):
        flow.go(first, frames.frame(run, index))


def left(flow: "Flow", opener: StepRun, frame: str) -> None:
    """Complete the step if enough branches have come to their end."""
    index = frames.parts(frame).number
    if _step(flow, opener).join == "any":
        flow.cancel_within(opener, f"branch {index} came first")
        flow.complete(opener, {"branch": index})
    elif not _is_under_way(flow, opener):
        _joined(flow, opener)


def failed(flow: "Flow", opener: StepRun, failed: StepRun, error: StepError) -> None:
    """Fail the step if it can no longer succeed."""
    if _step(flow, opener).join != "all" and _is_under_way(flow, opener):
        return
    message = f"step {failed.id} failed: {error.message}"
    flow.fail_attempt(opener, StepError(code=BRANCH_FAILED, message=message))


def _joined(flow: "Flow", opener: StepRun) -> None:
    """End the step with its last branch; with ``every``, one of the others may have failed."""
    within = frames.prefix(opener)
    for run in flow.execution.steps.values():
        gave_up = flow.graph.nodes[run.id].on_failure in (ABORT, FAIL)
        in_branch = run.frame.startswith(within) and run.status is StepStatus.FAILED
        if in_branch and gave_up and run.error is not None:
            message = f"step {run.id} failed: {run.error['message']}"
            flow.fail_attempt(opener, StepError(code=BRANCH_FAILED, message=message))
            return
    flow.complete(opener, None)


def _step(flow: "Flow", opener: StepRun) -> ParallelStep | ForkStep:
    return cast("ParallelStep | ForkStep", flow.graph.nodes[opener.id].step)


def _is_under_way(flow: "Flow", opener: StepRun) -> bool:
    branches = range(len(flow.graph.nodes[opener.id].frames))
    return any(flow.is_under_way(frames.frame(opener, index)) for index in branches)
