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


class StartExecution(CommandBase):
    """Run a playbook. ``execution_id`` is derived from what caused it: twice is once.

    trigger: the event's name, or ``manual``; event: the finding whole, None for a manual run.
    by: who asked: ``trigger``, or the name of an API key.
    """

    type: Literal["StartExecution"] = "StartExecution"
    playbook_id: str
    playbook_revision: str
    trigger: str
    event: JsonObject | None = None
    parameters: JsonObject = Field(default_factory=dict)
    target_asset_id: str | None = None
    by: str = "trigger"
    dry_run: bool = Field(default=False, exclude_if=unsaid)
    traceparent: str | None = None


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


class CancelExecution(CommandBase):
    """Stop. What waits ends at once; what runs may still report, without effect."""

    type: Literal["CancelExecution"] = "CancelExecution"
    by: str = ""
    note: str = ""


class FireTimer(CommandBase):
    """A due time of the execution has come. Given by the owner of its partition only."""

    type: Literal["FireTimer"] = "FireTimer"
    timer: str
    due_at: Instant


Command = Annotated[
    StartExecution | CompleteStep | FailStep | CancelExecution | FireTimer,
    Field(discriminator="type"),
]


class Rejection(Message):
    """A command that caused no event, and why. A record on ``rejections``.

    code: stable (``already_started``, ``already_ended``, ``not_running`` …); reason: a sentence.
    """

    type: Literal["Rejection"] = "Rejection"
    execution_id: str
    command_id: str
    command_type: str
    at: Instant
    code: str
    reason: str
