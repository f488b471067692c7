"""The steps a playbook can declare, one model per type.

A new step type is a new model in the ``Step`` union, a module of its own under
``engine/steps`` and nothing else.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

StepId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
"""The name of a step, unique within its playbook. No slash: frames are spelled with it."""

END = "end"
NEXT = "next"
ABORT = "abort"
CONTINUE = "continue"

RESERVED_IDS = frozenset({END, NEXT, ABORT, CONTINUE})
"""Words that a link may say in place of a step id, so no step may be called so."""


class Definition(BaseModel):
    """A part of a playbook. Unknown keys are errors: a typo must not disarm a response."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Retry(Definition):
    """How often, and how far apart, a failing step is tried again.

    max_attempts counts the first one. The pause before attempt n + 1 is
    ``delay_seconds × backoff ** (n - 1)``, at most ``max_delay_seconds``, spread by
    ± ``jitter`` (a fraction of it).
    """

    max_attempts: int = Field(default=3, ge=1, le=100)
    delay_seconds: float = Field(default=1.0, ge=0, le=86_400, strict=False)
    backoff: float = Field(default=2.0, ge=1, le=10, strict=False)
    max_delay_seconds: float = Field(default=300.0, ge=0, le=86_400, strict=False)
    jitter: float = Field(default=0.1, ge=0, le=1, strict=False)


class StepBase(Definition):
    """What every step may say.

    on_success: step id, ``end`` or ``next``; None is the next in the list, the last one ends.
    on_failure: step id, ``abort``, ``continue`` or ``end``; None leaves it to the playbook.
    timeout_seconds: for one attempt, from its start to its result.
    """

    id: StepId
    name: str | None = Field(default=None, min_length=1, max_length=256)
    on_success: StepId | None = None
    on_failure: StepId | None = None
    timeout_seconds: float | None = Field(default=None, gt=0, le=31_536_000, strict=False)
    retry: Retry | None = None


class ActionStep(StepBase):
    """A connector does something; its result is the step's output."""

    type: Literal["action"]
    action_ref: str = Field(min_length=1, max_length=128)
    parameters: dict[str, Any] = Field(default_factory=dict)


Step = ActionStep
"""Any step. More types make this a union discriminated by ``type``."""
