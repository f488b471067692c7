"""Steps of a workflow that run one branch and then go on: if, switch, and several commands.

The branch is a frame; ``end`` in it leads back here, whatever steps it has come through.
"""

from typing import TYPE_CHECKING, Any

from engine import frames
from engine.cacao import scopes
from engine.cacao.compiling import DEFAULT
from engine.cacao.obstacles import chosen_by
from engine.steps.attempts import Attempt
from schemas.commands import StepError
from schemas.executions import StepRun, StepStatus
from schemas.workflows import ChoiceStep, IfStep

if TYPE_CHECKING:
    from engine.flows import Flow

BRANCH_FAILED = "branch_failed"


def start(flow: "Flow", attempt: Attempt) -> None:
    """Decide, and go into the branch. What was decided, and by what, is the step's input."""
    node = attempt.node
    decision, target = _decided(flow, attempt)
    run = attempt.begin(flow, input=decision)
    flow.go(target if target is not None else node.frames[0], frames.frame(run, 0))


def left(flow: "Flow", opener: StepRun, frame: str) -> None:
    """Go on: the branch has come to its end."""
    flow.complete(opener, opener.input)
    if flow.run(opener.id).status is StepStatus.COMPLETED:
        flow.skip_unreachable(flow.graph.nodes[opener.id].next, f"{opener.id} took another way")


def failed(flow: "Flow", opener: StepRun, failed: StepRun, error: StepError) -> None:
    """Fail the step: its branch failed."""
    message = f"step {failed.id} failed: {error.message}"
    flow.fail_attempt(opener, StepError(code=BRANCH_FAILED, message=message))


def _decided(flow: "Flow", attempt: Attempt) -> tuple[Any, str | None]:
    """Return what is decided, as data, and the first step of the branch; None: the only one."""
    step, links = attempt.node.step, attempt.node.links
    if isinstance(step, IfStep):
        seen = scopes.of(flow.execution, flow.graph, attempt.frame, step)
        result = seen.holds(step.condition)
        target = links["true" if result else "false"]
        facts = {"condition": step.condition, "result": result, "next": target}
        unknown = seen.unknown(step.condition)
        return (facts | {"unknown": unknown} if unknown else facts), target
    if isinstance(step, ChoiceStep):
        seen = scopes.of(flow.execution, flow.graph, attempt.frame, step)
        value = seen.value(chosen_by(step.chosen_by) or "")
        case = value if value is not None and value in links else DEFAULT
        return {"value": value, "case": case, "next": links[case]}, links[case]
    return None, None
