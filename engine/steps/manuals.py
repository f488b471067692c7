"""Manual steps: people do something, then confirm, with what the step is to give."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from engine.cacao import scopes, variables
from engine.cacao.scopes import VariableError
from engine.steps.attempts import Attempt
from schemas import events
from schemas.commands import ResolveApproval, StepError
from schemas.executions import StepRun
from schemas.workflows import ManualStep

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", attempt: Attempt) -> None:
    """Ask. In a dry run everything is done at once."""
    step = cast(ManualStep, attempt.node.step)
    run = attempt.begin(flow)
    seen = scopes.of(flow.execution, flow.graph, attempt.frame, step)
    try:
        message = variables.filled(step.message, seen.required)
    except VariableError as error:
        flow.fail(run, StepError(code=error.code, message=f"message: {error}"))
        return
    expiry = None if step.timeout_seconds is None else timedelta(seconds=step.timeout_seconds)
    flow.record(
        events.StepWaiting,
        step_id=run.id,
        visit=run.visit,
        attempt=run.attempt,
        reason="approval",
        due_at=None if expiry is None else flow.at + expiry,
        message=message,
    )
    if flow.execution.dry_run:
        flow.complete(flow.run(run.id), {"approved_by": [], "dry_run": True})


def refusal(flow: "Flow", run: StepRun, command: ResolveApproval) -> tuple[str, str] | None:
    """Return why a confirmation does not do, as code and reason; None: it does.

    What the step gives must come with it: nobody else can know it.
    """
    step = flow.graph.nodes[run.id].step
    if not isinstance(step, ManualStep) or not command.approved:
        return None
    try:
        found = scopes.assigned(flow.execution, flow.graph, run, command.output, cut=False)
    except VariableError as error:
        return error.code, f"output: {error}"
    given = {name for values in found.values() for name, value in values.items() if value}
    seen = scopes.of(flow.execution, flow.graph, run.frame, step)
    missing = [n for n in step.out_args if n not in given and seen.value(n) is None]
    if missing:
        names = ", ".join(f'"{name}": …' for name in missing)
        return (
            "output_required",
            f"the step gives {', '.join(missing)}: approve it with an output {{{names}}}",
        )
    return None
