"""Events: every transition of every execution, on the topic ``execution-events``.

The public contract. Keyed by execution id; ``sequence`` is 1, 2, 3 … without gaps
within an execution, and ``id`` follows from the two: a reader can drop doubles and
notice gaps. Adding an optional field is allowed, everything else is a new type.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.commands import Origin, StepError
from schemas.messages import Instant, Message, SecretParts, unsaid


class EventBase(Message):
    """What every event says first.

    at: when it happened; never earlier than the event before it.
    command_id: the command that caused it.
    """

    type: str
    execution_id: str
    sequence: int = Field(ge=1)
    id: str
    at: Instant
    playbook_id: str
    playbook_version: str
    playbook_revision: str
    command_id: str
    dry_run: bool = Field(default=False, exclude_if=unsaid)


class DeclaredStep(Message):
    """A step as its playbook declares it: enough to show it before it is reached."""

    id: str
    name: str
    type: str


class ExecutionQueued(Origin, EventBase):
    """The execution exists, and waits for a place (``max_running``). Then the first event."""

    type: Literal["ExecutionQueued"] = "ExecutionQueued"
    playbook_name: str
    steps: tuple[DeclaredStep, ...]


class ExecutionStarted(Origin, EventBase):
    """The execution exists and runs. Always the first event, unless it had to queue."""

    type: Literal["ExecutionStarted"] = "ExecutionStarted"
    playbook_name: str
    steps: tuple[DeclaredStep, ...]
    timeout_at: Instant | None = None


class ExecutionPaused(EventBase):
    """Somebody stopped it from starting further steps. Running actions still finish."""

    type: Literal["ExecutionPaused"] = "ExecutionPaused"
    by: str = ""
    note: str = ""


class ExecutionResumed(EventBase):
    """It goes on: what the pause held back starts now."""

    type: Literal["ExecutionResumed"] = "ExecutionResumed"
    by: str = ""
    note: str = ""


class ExecutionCompleted(EventBase):
    """The flow came to its end."""

    type: Literal["ExecutionCompleted"] = "ExecutionCompleted"


class ExecutionFailed(EventBase):
    """The flow was given up. step_id: the step that decided it, if one did."""

    type: Literal["ExecutionFailed"] = "ExecutionFailed"
    reason: str
    step_id: str | None = None


class ExecutionCancelled(EventBase):
    """Somebody stopped it. undo: what its actions did is being taken back."""

    type: Literal["ExecutionCancelled"] = "ExecutionCancelled"
    by: str = ""
    note: str = ""
    undo: bool = Field(default=False, exclude_if=unsaid)


class StepStarted(EventBase):
    """An attempt of a step began.

    visit: 1 for the first time the flow came here, 2 for the second (loops).
    attempt: 1, 2 … within the visit. frame: the branch or loop body it belongs to, "" outermost.
    input: the rendered parameters; a secret stands there as its reference, never as its value.
    child_id: the execution that a playbook step runs; None for other steps.
    secrets: JSON pointer into ``input`` → the parts of that string, where a part is text or
    ``{"secret": NAME}``: what the step agent fills in, last.
    timeout_at: when the attempt is given up.
    """

    type: Literal["StepStarted"] = "StepStarted"
    step_id: str
    visit: int = Field(ge=1)
    attempt: int = Field(ge=1)
    frame: str = Field(default="", exclude_if=unsaid)
    action_ref: str | None = None
    child_id: str | None = None
    input: Any = None
    secrets: dict[str, SecretParts] = Field(default_factory=dict, exclude_if=unsaid)
    timeout_at: Instant | None = None


class StepWaiting(EventBase):
    """The step waits: for a time (``delay``), for people (``approval``), or for somebody to say
    whether its action took effect (``outcome_unknown``).

    due_at: when the delay is over, or the approval expires. approvers: names of API keys, of
    whom ``required`` must agree; none: whoever may write playbooks.
    """

    type: Literal["StepWaiting"] = "StepWaiting"
    step_id: str
    visit: int
    attempt: int
    reason: Literal["delay", "approval", "outcome_unknown"]
    due_at: Instant | None = None
    message: str = Field(default="", exclude_if=unsaid)
    approvers: tuple[str, ...] = Field(default=(), exclude_if=unsaid)
    required: int = 1


class ApprovalRecorded(EventBase):
    """One voice on a step that waits for people."""

    type: Literal["ApprovalRecorded"] = "ApprovalRecorded"
    step_id: str
    visit: int
    approved: bool
    by: str
    note: str = Field(default="", exclude_if=unsaid)


class StepCompleted(EventBase):
    """output_truncated: it was larger than the limit and is kept cut.

    held: the execution is paused; the flow stands before this step, or before the ``end`` of
    the frame. variables: what the step assigns (CACAO ``out_args``): scope → name → value, where
    the scope is "" for the playbook, or what the frames begin with of the step that declares it.
    """

    type: Literal["StepCompleted"] = "StepCompleted"
    step_id: str
    visit: int
    attempt: int
    output: Any = None
    output_truncated: bool = Field(default=False, exclude_if=unsaid)
    held: str | None = None
    variables: dict[str, dict[str, str]] = Field(default_factory=dict, exclude_if=unsaid)


class StepFailed(EventBase):
    """The step failed for good: no attempt is left. held: as of ``StepCompleted``."""

    type: Literal["StepFailed"] = "StepFailed"
    step_id: str
    visit: int
    attempt: int
    error: StepError
    held: str | None = None


class StepRetryScheduled(EventBase):
    """The attempt failed; the next one starts at ``retry_at``."""

    type: Literal["StepRetryScheduled"] = "StepRetryScheduled"
    step_id: str
    visit: int
    attempt: int
    error: StepError
    retry_at: Instant


class StepSkipped(EventBase):
    """The flow will not come here."""

    type: Literal["StepSkipped"] = "StepSkipped"
    step_id: str
    reason: str = ""


class StepCancelled(EventBase):
    """The step was under way when its execution, or its branch, was stopped."""

    type: Literal["StepCancelled"] = "StepCancelled"
    step_id: str
    visit: int
    reason: str = ""


Event = Annotated[
    ExecutionQueued
    | ExecutionStarted
    | ExecutionPaused
    | ExecutionResumed
    | ExecutionCompleted
    | ExecutionFailed
    | ExecutionCancelled
    | StepStarted
    | StepWaiting
    | ApprovalRecorded
    | StepCompleted
    | StepFailed
    | StepRetryScheduled
    | StepSkipped
    | StepCancelled,
    Field(discriminator="type"),
]
