"""What each type of step does when the flow comes to it: one module per type.

A new type is a module with ``start(flow, attempt)`` and a row in ``_STARTS``; one that opens
frames also says what follows when such a frame is left, or fails; one that waits, what
follows when its time comes.
"""

from typing import TYPE_CHECKING

from engine import frames
from engine.graphs import Node
from engine.steps import (
    actions,
    approvals,
    branches,
    commands,
    conditions,
    delays,
    loops,
    manuals,
    parallels,
    playbooks,
    switches,
)
from engine.steps.attempts import Attempt
from schemas.commands import StepError
from schemas.executions import StepRun, StepStatus

if TYPE_CHECKING:
    from engine.flows import Flow

_STARTS = {
    "action": actions.start,
    "approval": approvals.start,
    "condition": conditions.start,
    "delay": delays.start,
    "parallel": parallels.start,
    "playbook": playbooks.start,
    "switch": switches.start,
    "while": loops.start,
    "command": commands.start,
    "commands": branches.start,
    "if-condition": branches.start,
    "manual": manuals.start,
    "playbook-action": playbooks.start,
    "switch-condition": branches.start,
    "while-condition": loops.start,
}
_FRAME_LEFT = {
    "parallel": parallels.left,
    "while": loops.left,
    "commands": branches.left,
    "if-condition": branches.left,
    "switch-condition": branches.left,
    "while-condition": loops.left,
}
_FRAME_FAILED = {
    "parallel": parallels.failed,
    "while": loops.failed,
    "commands": branches.failed,
    "if-condition": branches.failed,
    "switch-condition": branches.failed,
    "while-condition": loops.failed,
}
_DUE = {"delay": delays.due, "approval": approvals.expired, "outcome_unknown": approvals.expired}


def visit(flow: "Flow", node: Node, frame: str) -> None:
    """Come to a step: begin the first attempt of a visit."""
    visits = flow.run(node.step.id).visit
    _STARTS[node.step.type](flow, Attempt(node, frame, visit=visits + 1))


def retry(flow: "Flow", run: StepRun) -> None:
    """Begin the next attempt of the visit that ``run`` is at."""
    attempt = Attempt(flow.graph.nodes[run.id], run.frame, run.visit, run.attempt + 1, before=run)
    _STARTS[run.type](flow, attempt)


def due(flow: "Flow", run: StepRun) -> None:
    """Go on with a step that has waited for its time."""
    if run.waiting is not None:
        _DUE[run.waiting.reason](flow, run)


def frame_left(flow: "Flow", frame: str) -> None:
    """Go on with the step that opened ``frame``: the flow has come to the frame's end."""
    opener = flow.run(frames.parts(frame).opener)
    if opener.status is StepStatus.FAILED:
        _given_up(flow, opener)
    else:
        _FRAME_LEFT[opener.type](flow, opener, frame)


def frame_failed(flow: "Flow", frame: str, failed: StepRun, error: StepError) -> None:
    """Go on with the step that opened ``frame``: a step in it failed, and nothing handles it."""
    opener = flow.run(frames.parts(frame).opener)
    if opener.status is StepStatus.FAILED:
        _given_up(flow, opener)
    else:
        _FRAME_FAILED[opener.type](flow, opener, failed, error)


def _given_up(flow: "Flow", opener: StepRun) -> None:
    """Give up: what a failure led to (``workflow_exception``) has come to its end, well or not."""
    message = "" if opener.error is None else f": {opener.error['message']}"
    flow.abort(f"step {opener.id} failed{message}", step_id=opener.id)
