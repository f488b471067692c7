"""Completions: each action that has completed is a finding of its own, ``action.completed``.

So an action may start further playbooks. What the execution knew of its finding and asset goes
with it, so that conditions and templates name them as before. ``depth`` counts the executions
that led here, and what it starts is one deeper: a chain that never ends is refused in time
(``too_deep``).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from engine.outputs import kept
from schemas.events import Event, StepCompleted
from schemas.executions import Execution
from schemas.findings import Finding
from schemas.messages import JsonObject

EVENT: Final = "action.completed"

DATA_BYTES = 1 << 20
"""Of the finding's own data, as JSON: a record on ``findings`` has a limit, and must not stop the
partition of the execution that it tells of. What is larger is left out, and flagged."""


def completions(execution: Execution, happened: Sequence[Event]) -> Iterator[Finding]:
    """Yield a finding for each action that one decision has completed; a dry run yields none.

    execution: as the decision left it.
    """
    if execution.dry_run:
        return
    for event in happened:
        if isinstance(event, StepCompleted) and execution.steps[event.step_id].type == "action":
            yield Finding(
                # Of the event: told twice, it is one finding, and starts the same executions.
                id=event.id,
                event=EVENT,
                timestamp=event.at,
                source=f"/playbooks/{event.playbook_id}",
                data=_subject(execution) | _facts(execution, event),
            )


def depth(finding: Finding) -> int:
    """Return how many executions led to an event: 0, unless an action of ours caused it."""
    said = finding.data.get("depth") if finding.event == EVENT else None
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else 0


def _facts(execution: Execution, event: StepCompleted) -> dict[str, Any]:
    return {
        "execution_id": execution.id,
        "playbook_id": execution.playbook_id,
        "step_id": event.step_id,
        "action_ref": execution.steps[event.step_id].action_ref,
        "status": "completed",
        "output": event.output,
        "output_truncated": event.output_truncated,
        "depth": execution.depth + 1,
    }


def _subject(execution: Execution) -> JsonObject:
    """Return what the execution is about: the data of its event, or the asset that it was given."""
    data = (execution.event or {}).get("data")
    if not isinstance(data, dict):
        asset_id = execution.target_asset_id
        return {} if asset_id is None else {"asset": {"id": asset_id}}
    _, is_cut = kept(data, DATA_BYTES)
    return {"event_truncated": True} if is_cut else data
