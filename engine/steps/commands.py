"""Command steps: what runs a command of this type is asked to run it, its variables filled in."""

from typing import TYPE_CHECKING, Any, cast

from engine.cacao import commands, scopes
from engine.cacao.commands import CommandError
from engine.cacao.scopes import VariableError
from engine.steps.attempts import Attempt
from schemas.commands import StepError
from schemas.workflows import CommandStep

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", attempt: Attempt) -> None:
    """Begin an attempt; every further one of a visit asks the same as the first."""
    step = cast(CommandStep, attempt.node.step)
    facts: dict[str, Any] = {"action_ref": step.action_ref}
    if attempt.before is not None:
        attempt.begin(flow, **facts, input=attempt.before.input, secrets=attempt.before.secrets)
        return
    seen = scopes.of(flow.execution, flow.graph, attempt.frame, step)
    try:
        asked = commands.request(step, seen.required)
    except (CommandError, VariableError) as error:
        code = error.code if isinstance(error, VariableError) else "invalid_command"
        flow.fail(attempt.begin(flow, **facts), StepError(code=code, message=str(error)))
        return
    attempt.begin(flow, **facts, input=asked.parameters, secrets=asked.secrets)
