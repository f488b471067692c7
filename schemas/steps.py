"""The steps a playbook can declare, one model per type.

A new step type is a new model in the ``Step`` union, a module of its own under
``engine/steps`` and nothing else.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

StepId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
"""The name of a step, unique within its playbook. No slash: frames are spelled with it."""

END = "end"
NEXT = "next"
ABORT = "abort"
CONTINUE = "continue"

RESERVED_IDS = frozenset({END, NEXT, ABORT, CONTINUE})
"""Words that a link may say in place of a step id, so no step may be called so."""


Expression = Annotated[str, Field(min_length=1, max_length=8_192)]
"""The language of templates without the marks around it (``engine/expressions.py``)."""


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "a number is wanted, not true or false")
    return value


NO_TRUTH = BeforeValidator(_no_truth)
"""Of a number that may be written as a text (``"30"``): then pydantic would take true for 1."""

Seconds = Annotated[float, Field(gt=0, le=31_536_000, strict=False), NO_TRUTH]
"""How long something may take: a year at most."""

Duration = str | int | float
"""``15m``, ``PT15M``, or seconds as a number (``engine/durations.py``)."""


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
    delay_seconds: Annotated[float, Field(ge=0, le=86_400, strict=False), NO_TRUTH] = 1.0
    backoff: Annotated[float, Field(ge=1, le=10, strict=False), NO_TRUTH] = 2.0
    max_delay_seconds: Annotated[float, Field(ge=0, le=86_400, strict=False), NO_TRUTH] = 300.0
    jitter: Annotated[float, Field(ge=0, le=1, strict=False), NO_TRUTH] = 0.1


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
    timeout_seconds: Seconds | None = None
    retry: Retry | None = None


class Undo(Definition):
    """What takes an action back; rendered when it runs, in the context of the action's run."""

    action_ref: str = Field(min_length=1, max_length=128)
    parameters: dict[str, Any] = Field(default_factory=dict)


class ActionStep(StepBase):
    """A connector does something; its result is the step's output.

    on_unknown: what to do when nobody can say whether an attempt took effect; None: fail.
    revert_after: how long after its completion ``undo`` runs by itself.
    """

    type: Literal["action"]
    action_ref: str = Field(min_length=1, max_length=128)
    parameters: dict[str, Any] = Field(default_factory=dict)
    on_unknown: Literal["retry", "fail", "ask"] | None = None
    undo: Undo | None = None
    revert_after: Duration | None = None


class ConditionStep(StepBase):
    """The flow goes to one of two. on_true, on_false: None is the next in the list."""

    type: Literal["condition"]
    expression: Expression
    on_true: StepId | None = None
    on_false: StepId | None = None


class SwitchStep(StepBase):
    """The flow goes to the case that the value of the expression names, else to ``default``."""

    type: Literal["switch"]
    expression: Expression
    cases: dict[Annotated[str, Field(max_length=256)], StepId] = Field(min_length=1, max_length=64)
    default: StepId | None = None


class ParallelStep(StepBase):
    """Branches run at once. join: ``all`` of them must succeed, or ``any`` one."""

    type: Literal["parallel"]
    branches: list[Annotated[list[StepId], Field(min_length=1)]] = Field(
        min_length=1, max_length=64
    )
    join: Literal["all", "any"] = "all"


class WhileStep(StepBase):
    """The body is repeated as long as the expression holds, which is asked before each time."""

    type: Literal["while"]
    expression: Expression
    steps: list[StepId] = Field(min_length=1)
    max_iterations: int = Field(default=100, ge=1, le=1_000)


class DelayStep(StepBase):
    """The flow waits. duration: from the start of the step; until: a time, or a template of one."""

    type: Literal["delay"]
    duration: Duration | None = None
    until: str | None = Field(default=None, min_length=1, max_length=8_192)


class ApprovalStep(StepBase):
    """The flow waits for people. approvers: names of API keys; none: whoever may write playbooks.

    timeout_seconds: until it expires; on_timeout says how it then ends.
    """

    type: Literal["approval"]
    message: str = Field(default="", max_length=8_192)
    approvers: list[Annotated[str, Field(min_length=1, max_length=128)]] = Field(
        default_factory=list, max_length=64
    )
    required: int = Field(default=1, ge=1, le=64)
    on_timeout: Literal["reject", "approve"] = "reject"


class PlaybookStep(StepBase):
    """Another playbook runs, as an execution of its own. wait: until it has ended."""

    type: Literal["playbook"]
    playbook_id: str = Field(min_length=1, max_length=128)
    parameters: dict[str, Any] = Field(default_factory=dict)
    wait: bool = True


Step = Annotated[
    ActionStep
    | ConditionStep
    | SwitchStep
    | ParallelStep
    | WhileStep
    | DelayStep
    | ApprovalStep
    | PlaybookStep,
    Field(discriminator="type"),
]
"""Any step."""
