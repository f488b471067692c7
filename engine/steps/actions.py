"""Action steps: the parameters are rendered, then the step agent is asked to run them."""

from typing import TYPE_CHECKING, Any

from engine import contexts
from engine.graphs import Node
from engine.identities import idempotency_key
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from schemas import events
from schemas.actions import ActionRequest
from schemas.commands import StepError
from schemas.executions import Execution, StepRun
from schemas.messages import SecretParts

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", node: Node, frame: str) -> None:
    """Begin a visit: its first attempt, with the parameters as they render now."""
    visit = flow.execution.steps[node.step.id].visit + 1
    context = contexts.of_execution(flow.execution, flow.graph.playbook)
    try:
        rendered = render(node.step.parameters, context, allow_secrets=True)
    except TemplateError as error:
        _attempt(flow, node, visit=visit, attempt=1, frame=frame, input=None, secrets={})
        run = flow.execution.steps[node.step.id]
        # Not an attempt that may be tried again: the same context renders to the same error.
        flow.fail(node, run, StepError(code=error.code, message=str(error)))
        return
    _attempt(
        flow,
        node,
        visit=visit,
        attempt=1,
        frame=frame,
        input=rendered.value,
        secrets=rendered.secrets,
    )


def retry(flow: "Flow", node: Node, run: StepRun) -> None:
    """Begin the next attempt of a visit, with the parameters of the first."""
    _attempt(
        flow,
        node,
        visit=run.visit,
        attempt=run.attempt + 1,
        frame=run.frame,
        input=run.input,
        secrets=run.secrets,
    )


def _attempt(
    flow: "Flow",
    node: Node,
    *,
    visit: int,
    attempt: int,
    frame: str,
    input: Any,
    secrets: dict[str, SecretParts],
) -> None:
    flow.record(
        events.StepStarted,
        step_id=node.step.id,
        visit=visit,
        attempt=attempt,
        frame=frame,
        action_ref=node.step.action_ref,
        input=input,
        secrets=secrets,
        timeout_at=None if node.timeout is None else flow.at + node.timeout,
    )


def request(execution: Execution, event: events.StepStarted) -> ActionRequest | None:
    """Return what the step agent must run because of ``event``, None if the step is over."""
    run = execution.steps[event.step_id]
    if event.action_ref is None or (run.visit, run.attempt) != (event.visit, event.attempt):
        return None
    if run.completed_at is not None:
        return None
    return ActionRequest(
        id=event.id,
        execution_id=event.execution_id,
        playbook_id=event.playbook_id,
        step_id=event.step_id,
        visit=event.visit,
        attempt=event.attempt,
        at=event.at,
        action_ref=event.action_ref,
        idempotency_key=idempotency_key(event.execution_id, event.step_id, event.visit),
        parameters=event.input or {},
        secrets=event.secrets,
        timeout_at=event.timeout_at,
        dry_run=event.dry_run,
        traceparent=execution.traceparent,
    )
