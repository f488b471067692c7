"""Rows: what stands in the columns for an execution, an event and a rejection, and for
a step that waits for people.

Called by the folding for every row it writes, and by ``streams/verification.py``, which
asks whether the rows that stand there are these. The number of the execution is none of it.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import attrgetter
from typing import Any

from schemas.commands import Rejection
from schemas.events import Event
from schemas.executions import Execution, StepStatus
from streams.table import summaries
from streams.table.summaries import summary

Row = tuple[Any, ...]

EXECUTION_COLUMNS = (
    "execution_id",
    "playbook_id",
    "playbook_name",
    "playbook_version",
    "status",
    "trigger",
    "finding_id",
    "asset_id",
    "dry_run",
    "started_at",
    "completed_at",
    "sequence",
    "summary",
)
APPROVAL_COLUMNS = ("execution_id", "step_id", "requested_at")
EVENT_COLUMNS = ("sequence", "at", "type", "value")
REJECTION_COLUMNS = ("command_id", "execution_id", "at", "code", "reason", "value")

_ID_MAX = 512
_ID_KEPT = 400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Return an aware time as the tables hold it: microseconds since 1970-01-01 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """Return the time that ``microseconds`` made a number of."""
    return _EPOCH + stored * _MICROSECOND


def execution_row(execution: Execution) -> Row:
    """Return the row of an execution, in the order of EXECUTION_COLUMNS."""
    completed_at = execution.completed_at
    shown = summary(execution)
    return (
        execution.id,
        execution.playbook_id,
        execution.playbook_name,
        execution.playbook_version,
        execution.status.value,
        execution.trigger,
        searchable(shown["finding_id"]),
        searchable(shown["asset_id"]),
        execution.dry_run,
        microseconds(execution.started_at),
        None if completed_at is None else microseconds(completed_at),
        execution.sequence,
        summaries.to_json(shown),
    )


_FACTS = attrgetter(
    "playbook_id",
    "playbook_name",
    "playbook_version",
    "status",
    "trigger",
    "event",
    "target_asset_id",
    "dry_run",
    "started_at",
    "completed_at",
)


def has_progressed(before: Execution, after: Execution) -> bool:
    """Tell whether two rows of an execution differ in its sequence and its summary only."""
    return bool(_FACTS(before) == _FACTS(after))


def progressed_row(execution: Execution) -> Row:
    """Return what a row of an execution is to be changed to: sequence, summary; and its id."""
    return execution.sequence, summaries.to_json(summary(execution)), execution.id


def searchable(id: str | None) -> str | None:
    """Return an id as its column has it; a long one, of which some detectors are capable, cut.

    PostgreSQL's indexes take no more than 2,704 bytes. What is cut off is told by its hash, so
    that two ids do not become one.
    """
    if id is None or len(id) <= _ID_MAX:
        return id
    return f"{id[:_ID_KEPT]}…{sha256(id.encode()).hexdigest()}"


def approval_rows(execution: Execution) -> list[Row]:
    """Return a row for each step that waits for people, in the order of APPROVAL_COLUMNS."""
    return [
        (execution.id, run.id, microseconds(run.waiting.requested_at))
        for run in execution.steps.under_way
        if run.status is StepStatus.WAITING
        and run.waiting is not None
        and run.waiting.reason != "delay"
    ]


def event_row(event: Event, value: bytes) -> Row:
    """Return the row of an event, in the order of EVENT_COLUMNS; value: as on the log."""
    return event.sequence, microseconds(event.at), event.type, value


def rejection_row(rejection: Rejection, value: bytes) -> Row:
    """Return the row of a rejection, in the order of REJECTION_COLUMNS."""
    return (
        rejection.command_id,
        rejection.execution_id,
        microseconds(rejection.at),
        rejection.code,
        rejection.reason,
        value,
    )
