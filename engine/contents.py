"""What single steps and triggers say: templates, expressions, durations, and what goes together.

What a model cannot tell by itself; how steps hang together stands in ``engine/links.py``.
"""

from collections.abc import Iterator

from engine import conditions, durations, expressions, schedules
from engine.templates import rendering
from schemas.playbooks import Trigger
from schemas.problems import Problem
from schemas.steps import (
    ActionStep,
    ApprovalStep,
    ConditionStep,
    DelayStep,
    PlaybookStep,
    Step,
    SwitchStep,
    WhileStep,
)


def step_problems(step: Step, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong within one step, which stands at ``pointer``."""
    match step:
        case ActionStep():
            yield from rendering.problems(step.parameters, f"{pointer}/parameters")
            yield from _undo(step, pointer)
        case ConditionStep() | SwitchStep() | WhileStep():
            yield from expressions.problems(step.expression, f"{pointer}/expression")
        case DelayStep():
            yield from _delay(step, pointer)
        case ApprovalStep():
            yield from _approval(step, pointer)
        case PlaybookStep():
            at = f"{pointer}/parameters"
            yield from rendering.problems(step.parameters, at, allow_secrets=False)
    if isinstance(step, SwitchStep):
        yield from _cases(step, pointer)
    if step.retry is not None and isinstance(step, ConditionStep | SwitchStep | DelayStep):
        yield Problem(
            f"{pointer}/retry", f"a {step.type} would give the same again: leave retry out"
        )


def trigger_problems(trigger: Trigger, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong within a trigger, which stands at ``pointer``."""
    scheduled, manual = trigger.event == "schedule", trigger.event == "manual"
    if trigger.conditions and (scheduled or manual):
        yield Problem(
            f"{pointer}/conditions",
            f"a {trigger.event} trigger has no conditions: nothing would ever be compared with "
            "them",
        )
    else:
        yield from conditions.problems(trigger.conditions, f"{pointer}/conditions")
    if scheduled and trigger.cron is None:
        yield Problem(f"{pointer}/cron", "is required with the event schedule: five fields")
    elif scheduled and trigger.cron is not None:
        yield from schedules.problems(trigger.cron, trigger.timezone or "UTC", pointer)
    for key in ("cron", "timezone"):
        if not scheduled and getattr(trigger, key) is not None:
            yield Problem(f"{pointer}/{key}", "belongs to the event schedule")
    for key in ("dedupe", "throttle"):
        if manual and getattr(trigger, key) is not None:
            yield Problem(f"{pointer}/{key}", "says nothing: a manual trigger never fires")
    if trigger.dedupe is not None:
        yield from durations.problems(trigger.dedupe.window, f"{pointer}/dedupe/window", zero=False)
        yield from _key(trigger.dedupe.key, f"{pointer}/dedupe/key")
    if trigger.throttle is not None:
        yield from durations.problems(trigger.throttle.per, f"{pointer}/throttle/per", zero=False)
        yield from _key(trigger.throttle.key, f"{pointer}/throttle/key")


def _undo(step: ActionStep, pointer: str) -> Iterator[Problem]:
    if step.undo is not None:
        yield from rendering.problems(step.undo.parameters, f"{pointer}/undo/parameters")
    if step.revert_after is not None:
        yield from durations.problems(step.revert_after, f"{pointer}/revert_after")
        if step.undo is None:
            yield Problem(f"{pointer}/revert_after", "needs undo: what would take it back?")


def _delay(step: DelayStep, pointer: str) -> Iterator[Problem]:
    if (step.duration is None) is (step.until is None):
        yield Problem(pointer, "a delay says either duration or until")
    if step.duration is not None:
        yield from durations.problems(step.duration, f"{pointer}/duration")
    if step.until is not None:
        yield from rendering.problems(step.until, f"{pointer}/until", allow_secrets=False)


def _approval(step: ApprovalStep, pointer: str) -> Iterator[Problem]:
    yield from rendering.problems(step.message, f"{pointer}/message", allow_secrets=False)
    if len(set(step.approvers)) < len(step.approvers):
        yield Problem(f"{pointer}/approvers", "names somebody twice")
    if step.approvers and step.required > len(set(step.approvers)):
        yield Problem(
            f"{pointer}/required",
            f"{step.required} must agree, but there are {len(set(step.approvers))} approvers",
        )


def _cases(step: SwitchStep, pointer: str) -> Iterator[Problem]:
    names = [case.casefold() for case in step.cases]
    if len(set(names)) < len(names):
        yield Problem(f"{pointer}/cases", "two cases differ by letter case only: it is ignored")
    if "" in names:
        yield Problem(f"{pointer}/cases", "an empty case never comes: write default")


def _key(template: str | None, pointer: str) -> Iterator[Problem]:
    if template is not None:
        yield from rendering.problems(template, pointer, allow_secrets=False)
