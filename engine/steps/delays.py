"""Delay steps: the flow waits for a time. Nothing runs meanwhile, in no process."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from engine import durations
from engine.comparisons import moment, number
from engine.contexts import Context
from engine.steps.attempts import Attempt
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from schemas import events
from schemas.commands import StepError
from schemas.executions import StepRun
from schemas.steps import DelayStep

if TYPE_CHECKING:
    from engine.flows import Flow


def start(flow: "Flow", attempt: Attempt) -> None:
    """Wait, unless the time is there already. In a dry run no time passes."""
    step = cast(DelayStep, attempt.node.step)
    run = attempt.begin(flow)
    try:
        due_at = _due_at(step, attempt.context(flow), flow.at)
    except (TemplateError, ValueError) as error:
        code = error.code if isinstance(error, TemplateError) else "invalid_time"
        flow.fail(run, StepError(code=code, message=str(error)))
        return
    if due_at <= flow.at or flow.execution.dry_run:
        due(flow, run)
        return
    flow.record(
        events.StepWaiting,
        step_id=run.id,
        visit=run.visit,
        attempt=run.attempt,
        reason="delay",
        due_at=due_at,
    )


def due(flow: "Flow", run: StepRun) -> None:
    """Go on: the time has come."""
    flow.complete(run, None)


def _due_at(step: DelayStep, context: Context, at: datetime) -> datetime:
    if step.duration is not None:
        return at + timedelta(seconds=durations.seconds(step.duration))
    value: Any = render(step.until, context).value
    due_at = moment(value)
    if due_at is not None:
        return due_at.astimezone(UTC)
    seconds = number(value)
    if seconds is not None:
        return _since_1970(seconds)
    raise ValueError(f"until gives {value!r}: write an RFC 3339 time (2026-01-31T12:00:00Z)")


def _since_1970(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"until gives {seconds!r}, which is no time") from None
