"""Summaries: an execution without its steps, as it is answered and listed.

Made once, when its row is written: a page of a list is then read and sent as it stands there,
and nothing is decoded. It is a typed dictionary and no model: all of it has been judged when
it came, and to judge it again takes longer than to read it.
"""

from typing import Any, NotRequired

import orjson
import pydantic_core
from typing_extensions import TypedDict

from engine import contexts
from engine.progress import progress
from schemas.executions import Execution, Status
from schemas.messages import Instant, JsonObject


class ExecutionShown(TypedDict):
    """An execution.

    current_step: the one under way longest, null when none is. duration_seconds: whole
    seconds, null until it has ended. by: who asked for it. reason: why it failed, or the note
    of who cancelled it. sequence: the number of its latest event. variables: of an imported
    playbook, as its steps have assigned them.
    """

    execution_id: str
    playbook_id: str
    playbook_name: str
    status: Status
    current_step: str | None
    steps_completed: int
    steps_total: int
    started_at: Instant | None
    completed_at: Instant | None
    duration_seconds: int | None
    steps_failed: int
    current_steps: list[str]
    playbook_version: str
    playbook_revision: str
    trigger: str
    by: str
    finding_id: str | None
    asset_id: str | None
    parameters: JsonObject
    dry_run: bool
    reason: str | None
    timeout_at: Instant | None
    sequence: int
    rerun_of: str | None
    undo_of: str | None
    parent_execution_id: str | None
    variables: NotRequired[dict[str, str]]


def summary(known: Execution) -> ExecutionShown:
    """Return the summary of an execution."""
    done = progress(known)
    finding_id, asset_id = subject(known)
    shown = ExecutionShown(
        execution_id=known.id,
        playbook_id=known.playbook_id,
        playbook_name=known.playbook_name,
        status=known.status,
        current_step=next(iter(done.current_steps), None),
        steps_completed=done.steps_completed,
        steps_total=done.steps_total,
        started_at=None if known.status is Status.PENDING else known.started_at,
        completed_at=known.completed_at,
        duration_seconds=_duration_seconds(known),
        steps_failed=done.steps_failed,
        current_steps=list(done.current_steps),
        playbook_version=known.playbook_version,
        playbook_revision=known.playbook_revision,
        trigger=known.trigger,
        by=known.by,
        finding_id=finding_id,
        asset_id=asset_id,
        parameters=known.parameters,
        dry_run=known.dry_run,
        reason=known.reason,
        timeout_at=known.timeout_at,
        sequence=known.sequence,
        rerun_of=known.rerun_of,
        undo_of=None if known.undoing is None else known.undoing.execution_id,
        parent_execution_id=None if known.parent is None else known.parent.execution_id,
    )
    if variables := known.variables.get("", {}):
        shown["variables"] = variables
    return shown


def to_json(shown: ExecutionShown) -> bytes:
    """Return a summary as one compact JSON object."""
    try:
        # Copied: what orjson (3.13) returns holds on to 16 KiB, however short it is.
        return bytes(memoryview(orjson.dumps(shown, option=orjson.OPT_UTC_Z)))
    except TypeError:
        # A number of more than 64 bits, which other people's JSON may hold: pydantic writes it.
        return pydantic_core.to_json(shown)


def subject(execution: Execution) -> tuple[str | None, str | None]:
    """Return the ids of the finding and of the asset that an execution is about.

    An asset that the run was aimed at goes before that of the event.
    """
    if execution.event is None:
        return None, execution.target_asset_id
    context = contexts.of_finding(execution.event)
    asset_id = execution.target_asset_id or _id(context.root("asset"))
    return _id(context.root("finding")), asset_id


def _id(said: JsonObject | Any) -> str | None:
    """Return the id of what detectors describe in many shapes; a number counts by its digits."""
    known = said.get("id") if isinstance(said, dict) else None
    if isinstance(known, str):
        return known
    return str(known) if isinstance(known, int) and not isinstance(known, bool) else None


def _duration_seconds(known: Execution) -> int | None:
    if known.completed_at is None:
        return None
    # The clock may have been set back meanwhile.
    return max(0, int((known.completed_at - known.started_at).total_seconds()))
