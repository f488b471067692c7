"""Steps that wait for people, as they are answered."""

from pydantic import BaseModel

from api.rest.answers import executions
from schemas.messages import Instant, JsonObject
from streams.table.queries import WaitingApproval


class ApprovalShown(BaseModel):
    """A step that waits for people.

    approvers: names of keys, none: whoever may write playbooks. required: as many must agree;
    granted: who has. reason: ``approval``, or ``outcome_unknown`` of an action of which only
    people can find out whether it took effect.
    """

    execution_id: str
    playbook_id: str
    playbook_name: str
    step_id: str
    step_name: str
    message: str
    approvers: list[str]
    required: int
    granted: list[JsonObject]
    requested_at: Instant
    expires_at: Instant | None
    reason: str


def approval(known: WaitingApproval) -> ApprovalShown:
    """Return a step that waits as it is answered."""
    execution, step = known
    if step.waiting is None:
        raise ValueError(f"step {step.id} of {execution.id} waits for nobody")
    return ApprovalShown(
        execution_id=execution.id,
        playbook_id=execution.playbook_id,
        playbook_name=execution.playbook_name,
        step_id=step.id,
        step_name=step.name,
        **executions.waiting(step.waiting),
    )
