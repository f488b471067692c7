"""Workflows: what a CACAO document makes an execution walk. Compiled, never on the wire.

The steps are those of the document with everything resolved that can be before a run: a
command and the target it is for, instead of the names of both. Properties after the OASIS
JSON schemas of CACAO 2.0 (``workflows/*.json``); times are seconds here.
"""

from typing import Literal

from pydantic import Field

from schemas.messages import Instant, JsonObject
from schemas.steps import Definition, StepBase


class Variable(Definition):
    """A declared variable. value: as text, None: unknown until somebody assigns it.

    type: of the open vocabulary, compared and checked where it is known. constant: nothing may
    assign it. external: a run may be given it (``parameters``).
    """

    type: str = "string"
    value: str | None = None
    constant: bool = False
    external: bool = False


class Workflow(Definition):
    """What holds for a whole document.

    variables: of the playbook, by name with its underscores. undeclared: names that are used and
    declared nowhere; a run may be given them. exception: the step that a failure leads to
    which nothing else handles. obstacles: why no run may start at all, a sentence each.
    """

    variables: dict[str, Variable] = Field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    exception: str | None = None
    obstacles: tuple[str, ...] = ()
    revoked: bool = False
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class WorkflowStep(StepBase):
    """What every step of a workflow says.

    pointer: where it stands in the document. variables: its own (``step_variables``), seen by
    itself and by what it opens. out_args: names of the variables that its result assigns.
    """

    pointer: str
    variables: dict[str, Variable] = Field(default_factory=dict)
    out_args: tuple[str, ...] = ()


class CommandStep(WorkflowStep):
    """One command on one target, for whatever ``action_ref`` stands for.

    command, agent, target: as in the document. secrets: names of the secrets that authenticate.
    """

    type: Literal["command"] = "command"
    action_ref: str
    command: JsonObject
    agent: JsonObject | None = None
    target: JsonObject | None = None
    authentication: JsonObject | None = None


class ManualStep(WorkflowStep):
    """Work that people do and then confirm. message: what they are asked to do."""

    type: Literal["manual"] = "manual"
    message: str


class CommandsStep(WorkflowStep):
    """An action of several commands, or on several targets: each a step, one after the other."""

    type: Literal["commands"] = "commands"


class IfStep(WorkflowStep):
    """A branch is run if the condition holds, or another one; then the flow returns here."""

    type: Literal["if-condition"] = "if-condition"
    condition: str


class ChoiceStep(WorkflowStep):
    """The branch of the case that the value of the variable names is run. chosen_by: its name."""

    type: Literal["switch-condition"] = "switch-condition"
    chosen_by: str


class LoopStep(WorkflowStep):
    """The branch is run as long as the condition holds, which is asked before each time."""

    type: Literal["while-condition"] = "while-condition"
    condition: str
    max_iterations: int = 1_000


class ForkStep(WorkflowStep):
    """Branches run at once. All of them come to an end before it is told whether one failed."""

    type: Literal["parallel"] = "parallel"
    join: Literal["every"] = "every"


class CallStep(WorkflowStep):
    """Another playbook runs. playbook_id: of its document, or ours.

    playbook_version: the ``modified`` of the document that is meant; None: the current one.
    in_args: names of the variables that it is given.
    """

    type: Literal["playbook-action"] = "playbook-action"
    playbook_id: str
    playbook_version: str | None = None
    in_args: tuple[str, ...] = ()


AnyWorkflowStep = (
    CommandStep | ManualStep | CommandsStep | IfStep | ChoiceStep | LoopStep | ForkStep | CallStep
)
"""Any step of a workflow. A ``delay`` of the document is a step of the native type before it."""
