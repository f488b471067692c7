"""Action requests: what the step agent is asked to do, on the topic ``action-requests``."""

from typing import Literal

from pydantic import Field

from schemas.messages import Instant, JsonObject, Message, SecretParts, unsaid


class ActionRequest(Message):
    """Run one attempt of one action step.

    idempotency_key: ``<execution id>/<step id>/<visit>``, the same for every attempt of a visit.
    parameters: rendered; where ``secrets`` has an entry the string is a reference yet.
    secrets: see ``StepStarted.secrets``.
    timeout_at: no result counts after this moment.
    dry_run: answer with the connector's example output; nothing may leave the process.
    """

    type: Literal["ActionRequest"] = "ActionRequest"
    id: str
    execution_id: str
    playbook_id: str
    step_id: str
    visit: int
    attempt: int
    at: Instant
    action_ref: str
    idempotency_key: str
    parameters: JsonObject = Field(default_factory=dict)
    secrets: dict[str, SecretParts] = Field(default_factory=dict, exclude_if=unsaid)
    timeout_at: Instant | None = None
    dry_run: bool = Field(default=False, exclude_if=unsaid)
    traceparent: str | None = None
