"""Commands: what executions are asked to do, on the topic ``execution-commands``.

Keyed by execution id. A command may be refused: that is a ``Rejection``, a normal
outcome on the topic ``rejections``, not an error. Time and identity arrive inside
the command, so that deciding never reads a clock.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.messages import Instant, JsonObject, Message, unsaid


class StepError(Message):
    """Why a step failed.

    code: a stable lower_snake_case word (``timed_out``, ``missing_variable``, ``http_status`` …).
    retryable: the connector says that trying again may help (429, 5xx, connection).
    retry_after_seconds: the remote side's own wish (``Retry-After``).
    """

    code: str
    message: str
    retryable: bool = Field(default=False, exclude_if=unsaid)
    retry_after_seconds: float | None = Field(default=None, ge=0)


class CommandBase(Message):
    """id: identity of the command; at: when it was given."""

    type: str
    id: str
    execution_id: str = Field(min_length=1)
    at: Instant


class Parent(Message):
    """The playbook step that an execution runs for. waits: the step goes on when it has ended."""

    execution_id: str
    step_id: str
    visit: int
    attempt: int
    waits: bool = True


class Undoing(Message):
    """What an execution takes back. step_ids: in the order in which their ``undo`` runs.

    due_at: when; None: at once.
    """

    execution_id: str
    step_ids: tuple[str, ...]
    due_at: Instant | None = None


class Origin(Message):
    """What an execution is made of, and where it comes from: said by its start and its events.

    trigger: the event's name, or ``manual``; event: the finding whole, None for a manual run.
    by: who asked: ``trigger``, or the name of an API key.
    depth: how many executions led to this one. from_step: where it starts, None: at the start.
    kept: outputs of completed steps of the execution that it goes on from, by step id.
    admitted: it takes, or waits for, one of the places that ``max_running`` gives.
    variables: of an imported playbook, as the execution that it goes on from assigned them.
    """

    trigger: str
    event: JsonObject | None = None
    parameters: JsonObject = Field(default_factory=dict)
    target_asset_id: str | None = None
    by: str = "trigger"
    traceparent: str | None = None
    depth: int = Field(default=0, ge=0, exclude_if=unsaid)
    parent: Parent | None = None
    rerun_of: str | None = None
    from_step: str | None = None
    kept: JsonObject = Field(default_factory=dict, exclude_if=unsaid)
    undoing: Undoing | None = None
    admitted: bool = Field(default=False, exclude_if=unsaid)
    variables: dict[str, str] = Field(default_factory=dict, exclude_if=unsaid)


class StartExecution(Origin, CommandBase):
    """Run a playbook. ``execution_id`` is derived from what caused it: twice is once."""

    type: Literal["StartExecution"] = "StartExecution"
    playbook_id: str
    playbook_revision: str
    dry_run: bool = Field(default=False, exclude_if=unsaid)


class QueueExecution(Origin, CommandBase):
    """Show a playbook's run that must wait for a place (``max_running``). Started later."""

    type: Literal["QueueExecution"] = "QueueExecution"
    playbook_id: str
    playbook_revision: str
    dry_run: bool = Field(default=False, exclude_if=unsaid)


class CompleteStep(CommandBase):
    """An attempt of a step ended well.

    output: plain JSON. output_truncated: it was larger than the limit and is kept cut.
    """

    type: Literal["CompleteStep"] = "CompleteStep"
    step_id: str
    visit: int
    attempt: int
    output: Any = None
    output_truncated: bool = Field(default=False, exclude_if=unsaid)


class FailStep(CommandBase):
    """An attempt of a step ended badly."""

    type: Literal["FailStep"] = "FailStep"
    step_id: str
    visit: int
    attempt: int
    error: StepError


class ResolveApproval(CommandBase):
    """Say yes or no to a step that waits for it.

    visit: of the one that was seen; 0 means the one that waits now, whichever that is.
    output: with an approval, what the step gives (of an action whose outcome is unknown, or of
    work that people did).
    """

    type: Literal["ResolveApproval"] = "ResolveApproval"
    step_id: str
    visit: int = Field(default=0, ge=0)
    approved: bool
    by: str
    note: str = ""
    output: Any = None


class PauseExecution(CommandBase):
    """Start no further step until it is resumed. What runs, or waits, goes on."""

    type: Literal["PauseExecution"] = "PauseExecution"
    by: str = ""
    note: str = ""


class ResumeExecution(CommandBase):
    """Go on where it was paused."""

    type: Literal["ResumeExecution"] = "ResumeExecution"
    by: str = ""
    note: str = ""


class CancelExecution(CommandBase):
    """Stop. What waits ends at once; what runs may still report, without effect.

    undo: also take back what its actions did, the last one first.
    """

    type: Literal["CancelExecution"] = "CancelExecution"
    by: str = ""
    note: str = ""
    undo: bool = Field(default=False, exclude_if=unsaid)


class FireTimer(CommandBase):
    """A due time of the execution has come. Given by the owner of its partition only.

    in_doubt: of a step that has no result in time, its attempt may have taken effect all the same,
    and made once more it may do so twice.
    """

    type: Literal["FireTimer"] = "FireTimer"
    timer: str
    due_at: Instant
    in_doubt: bool = Field(default=False, exclude_if=unsaid)


Command = Annotated[
    StartExecution
    | QueueExecution
    | CompleteStep
    | FailStep
    | ResolveApproval
    | PauseExecution
    | ResumeExecution
    | CancelExecution
    | FireTimer,
    Field(discriminator="type"),
]


class Rejection(Message):
    """A command that caused no event, and why. A record on ``rejections``.

    code: stable (``already_started``, ``already_ended``, ``not_running`` …); reason: a sentence.
    playbook_id, event_id: of a start that was dropped (``deduplicated``, ``throttled``,
    ``missed`` …), so that these can be counted. count: how many this one stands for; None: one.
    """

    type: Literal["Rejection"] = "Rejection"
    execution_id: str
    command_id: str
    command_type: str
    at: Instant
    code: str
    reason: str
    playbook_id: str | None = None
    event_id: str | None = None
    count: int | None = Field(default=None, ge=1)
