"""What events change in the step that they are about: the part of the fold that is about steps."""

from typing import Any, TypeAlias, assert_never

from schemas import events
from schemas.executions import StepRun, StepStatus, Vote, Waiting

StepEvent: TypeAlias = (
    events.StepStarted
    | events.StepWaiting
    | events.ApprovalRecorded
    | events.StepCompleted
    | events.StepFailed
    | events.StepRetryScheduled
    | events.StepSkipped
    | events.StepCancelled
)
"""What happens to a step."""


def step_changes(run: StepRun, event: StepEvent) -> dict[str, Any]:
    """Return what ``event`` changes in the step that it is about."""
    match event:
        case events.StepStarted():
            return _attempt(event)
        case events.StepCompleted():
            return {
                "status": StepStatus.COMPLETED,
                "output": event.output,
                "output_truncated": event.output_truncated,
                "held": event.held,
                "completed_at": event.at,
                **_AT_REST,
            }
        case events.StepWaiting():
            return _waiting(run, event)
        case events.ApprovalRecorded():
            return _voted(run, event)
        case events.StepFailed():
            return {
                "status": StepStatus.FAILED,
                "error": event.error.model_dump(),
                "held": event.held,
                "completed_at": event.at,
                **_AT_REST,
            }
        case events.StepRetryScheduled():
            return {
                "error": event.error.model_dump(),
                "timeout_at": None,
                "retry_at": event.retry_at,
            }
        case events.StepSkipped():
            return {"status": StepStatus.SKIPPED}
        case events.StepCancelled():
            return {"status": StepStatus.CANCELLED, "completed_at": event.at, **_AT_REST}
        case _:
            assert_never(event)


_AT_REST: dict[str, Any] = {"timeout_at": None, "retry_at": None, "secrets": {}}
"""What a step no longer needs once it has ended: due times, and where secrets go."""


def _attempt(event: events.StepStarted) -> dict[str, Any]:
    """Return what the start of an attempt says of its step.

    The first attempt of a visit begins the step anew; a further one keeps its start.
    """
    changes: dict[str, Any] = {
        "status": StepStatus.RUNNING,
        "visit": event.visit,
        "attempt": event.attempt,
        "frame": event.frame,
        "action_ref": event.action_ref,
        "child_id": event.child_id,
        "input": event.input,
        "secrets": event.secrets,
        "timeout_at": event.timeout_at,
        "retry_at": None,
        "waiting": None,
    }
    if event.attempt == 1:
        changes |= {
            "started_at": event.at,
            "completed_at": None,
            "output": None,
            "output_truncated": False,
            "error": None,
            "kept": False,
        }
    return changes


def _waiting(run: StepRun, event: events.StepWaiting) -> dict[str, Any]:
    waiting = Waiting(
        reason=event.reason,
        requested_at=event.at,
        due_at=event.due_at,
        message=event.message,
        approvers=event.approvers,
        required=event.required,
    )
    # Nobody hurries a person who is asked what became of an action.
    asked = event.reason == "outcome_unknown"
    timeout_at = None if asked else run.timeout_at
    return {"status": StepStatus.WAITING, "waiting": waiting, "timeout_at": timeout_at}


def _voted(run: StepRun, event: events.ApprovalRecorded) -> dict[str, Any]:
    if run.waiting is None:
        return {}
    vote = Vote(by=event.by, at=event.at, approved=event.approved, note=event.note)
    votes = (*run.waiting.votes, vote)
    return {"waiting": Waiting(**{**run.waiting.__dict__, "votes": votes})}
