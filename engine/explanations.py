"""Why an event starts a playbook or does not: the first clause that fails, in words and facts.

Called by the API for an event that somebody asks about. What the agents do follows from the
same conditions (``engine/clauses.py``), so an explanation cannot say something else.
"""

from dataclasses import dataclass
from typing import Any, Final

from engine.clauses import Failing
from engine.conditions import ConditionsError, compiled
from engine.contexts import Context, finder, of_finding
from engine.paths import MISSING
from schemas.findings import Finding
from schemas.playbooks import Trigger

TEXT_MAX: Final = 200
"""Of a text that is shown, in characters."""

ITEMS_MAX: Final = 20
"""Of a list or an object that is shown."""

LEVELS_MAX: Final = 4
"""Of lists and objects in each other."""

REASON_MAX: Final = 1_000

STORM_CONTROLS: Final = ("dedupe", "throttle", "max_running")
"""What can keep an event that matches from starting an execution at once."""

_EVENT: Final = "event.event"
"""The path of the name of the event."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The first clause that does not hold. Values are cut to a length that can be shown.

    path: empty for a group such as ``$or`` over several fields; actual is then None.
    missing: the event has nothing there; actual is None then too.
    pointer: where it stands, below the trigger. reason: the same in words.
    """

    path: str
    operator: str
    expected: Any
    actual: Any
    missing: bool
    pointer: str
    reason: str


def failed(trigger: Trigger, finding: Finding) -> Failed | None:
    """Return why ``finding`` does not match ``trigger``; None: it does."""
    if trigger.event != finding.event:
        return Failed(
            path=_EVENT,
            operator="$eq",
            expected=trigger.event,
            actual=finding.event,
            missing=False,
            pointer="/event",
            reason=_other_event(trigger.event, finding.event),
        )
    try:
        conditions = compiled(trigger.conditions)
    except ConditionsError as error:
        # Published by a version that let them pass: the agent leaves such a trigger out.
        return _unreadable(error)
    context = of_finding(finding)
    failing = conditions.first_failing(context)
    return None if failing is None else _told(failing, context)


def storm_control(trigger: Trigger) -> list[str]:
    """Return which limits of the trigger a matching event has to pass as well."""
    return [name for name in STORM_CONTROLS if getattr(trigger, name) is not None]


def cut(value: Any, levels: int = LEVELS_MAX) -> Any:
    """Return ``value`` as it can be shown: what is too long or too deep ends in ``…``."""
    if isinstance(value, str):
        return cut_text(value, TEXT_MAX)
    if isinstance(value, dict | list) and levels == 0:
        return "…"
    if isinstance(value, list):
        shown = [cut(each, levels - 1) for each in value[:ITEMS_MAX]]
        return [*shown, "…"] if len(value) > ITEMS_MAX else shown
    if isinstance(value, dict):
        names = list(value)[:ITEMS_MAX]
        kept = {cut_text(name, TEXT_MAX): cut(value[name], levels - 1) for name in names}
        return kept | {"…": "…"} if len(value) > ITEMS_MAX else kept
    return value


def cut_text(text: str, length: int) -> str:
    """Return ``text``, at most so many characters of it."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _told(failing: Failing, context: Context) -> Failed:
    actual = finder(failing.path)(context) if failing.path else None
    return Failed(
        path=failing.path,
        operator=failing.operator,
        expected=cut(failing.expected),
        actual=None if actual is MISSING else cut(actual),
        missing=actual is MISSING,
        pointer=f"/conditions{failing.pointer}",
        reason=cut_text(failing.reason(context), REASON_MAX),
    )


def _other_event(wanted: str, given: str) -> str:
    if wanted == "manual":
        return "it is started through the API only (event: manual)"
    if wanted == "schedule":
        return "it is started by its schedule, not by events"
    return f"it is started by {wanted}, and this is {given}"


def _unreadable(error: ConditionsError) -> Failed:
    first = error.problems[0]
    return Failed(
        path="",
        operator="$and",
        expected=None,
        actual=None,
        missing=False,
        pointer=f"/conditions{first.pointer}",
        reason=cut_text(f"its conditions mean nothing: {first.message}", REASON_MAX),
    )
