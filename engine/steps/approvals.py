"""Approval steps: the flow waits for people; and actions of which only people know the outcome."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from engine.templates.values import text
from schemas import events
from schemas.commands import ResolveApproval, StepError
from schemas.executions import StepRun, Vote, Waiting
from schemas.steps import ApprovalStep

if TYPE_CHECKING:
    from engine.flows import Flow

REJECTED = "rejected"


def start(flow: "Flow", attempt: Attempt) -> None:
    """Ask. In a dry run everybody agrees."""
    step = cast(ApprovalStep, attempt.node.step)
    run = attempt.begin(flow)
    try:
        message = text(render(step.message, attempt.context(flow)).value)
    except TemplateError as error:
        flow.fail(run, StepError(code=error.code, message=f"message: {error}"))
        return
    expiry = None if step.timeout_seconds is None else timedelta(seconds=step.timeout_seconds)
    flow.record(
        events.StepWaiting,
        step_id=run.id,
        visit=run.visit,
        attempt=run.attempt,
        reason="approval",
        due_at=None if expiry is None else flow.at + expiry,
        message=message,
        approvers=tuple(step.approvers),
        required=step.required,
    )
    if flow.execution.dry_run:
        flow.complete(flow.run(run.id), {"approved_by": [], "dry_run": True})


def ask_for_outcome(flow: "Flow", run: StepRun, error: StepError) -> None:
    """Ask whether an action took effect: yes completes its step, no fails it."""
    flow.record(
        events.StepWaiting,
        step_id=run.id,
        visit=run.visit,
        attempt=run.attempt,
        reason="outcome_unknown",
        message=f"Did {run.action_ref} take effect? {error.message}",
    )


def refusal(waiting: Waiting, command: ResolveApproval) -> tuple[str, str] | None:
    """Return why somebody's voice does not count, as code and reason; None: it does."""
    if waiting.approvers and command.by not in waiting.approvers:
        names = ", ".join(waiting.approvers)
        return "not_an_approver", f"{command.by} is none of the approvers: {names}"
    if any(vote.by == command.by for vote in waiting.votes):
        return "already_voted", f"{command.by} has decided already"
    return None


def resolve(flow: "Flow", run: StepRun, waiting: Waiting, command: ResolveApproval) -> None:
    """Record a voice; one no fails the step, enough yes complete it."""
    flow.record(
        events.ApprovalRecorded,
        step_id=run.id,
        visit=run.visit,
        approved=command.approved,
        by=command.by,
        note=command.note,
    )
    votes = (*waiting.votes, Vote(command.by, flow.at, command.approved, command.note))
    if not command.approved:
        note = f": {command.note}" if command.note else ""
        error = StepError(code=REJECTED, message=f"rejected by {command.by}{note}")
        flow.fail(flow.run(run.id), error)
    elif len(votes) >= waiting.required:
        flow.complete(flow.run(run.id), _output(votes, command))


def expired(flow: "Flow", run: StepRun) -> None:
    """End a step that nobody decided in time, as its ``on_timeout`` says."""
    step = flow.graph.nodes[run.id].step
    waiting = run.waiting
    if isinstance(step, ApprovalStep) and step.on_timeout == "approve" and waiting is not None:
        approved_by = list(_approvers(waiting.votes))
        flow.complete(run, {"approved_by": approved_by, "timed_out": True})
    else:
        flow.fail(run, StepError(code="timed_out", message="nobody approved it in time"))


def _output(votes: tuple[Vote, ...], command: ResolveApproval) -> Any:
    """Return what was handed in with the last voice, else who agreed."""
    if command.output is not None:
        return command.output
    notes = [vote.note for vote in votes if vote.note]
    return {"approved_by": list(_approvers(votes)), "notes": notes}


def _approvers(votes: tuple[Vote, ...]) -> Iterator[str]:
    return (vote.by for vote in votes if vote.approved)
