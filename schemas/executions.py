"""The state that the events of an execution fold into.

Frozen dataclasses, not models: the fold makes many of them, and it alone does. No slots:
a copy with changes is then one dictionary merge, an order of magnitude faster, and what goes
without saying takes no room (``engine/states.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.commands import Parent, Undoing
from schemas.messages import SecretParts


class Status(StrEnum):
    """Of an execution (API page "Playbooks", execution states). The last three absorb."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """Of a step within an execution."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
UNDER_WAY = frozenset({StepStatus.RUNNING, StepStatus.WAITING})


CONTAINERS = frozenset(
    {"parallel", "while", "commands", "if-condition", "switch-condition", "while-condition"}
)
"""Types of steps that run only in that others run for them."""


@dataclass(frozen=True)
class Vote:
    """What one person said of a step that waits for people."""

    by: str
    at: datetime
    approved: bool
    note: str = ""


@dataclass(frozen=True)
class Waiting:
    """What a step waits for, and what has been said so far. See ``StepWaiting``."""

    reason: str
    requested_at: datetime
    due_at: datetime | None = None
    message: str = ""
    approvers: tuple[str, ...] = ()
    required: int = 1
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True)
class StepRun:
    """A step within an execution, as of its latest visit.

    visit and attempt are 0 until the flow comes here. While ``retry_at`` is set no attempt is
    running: the next one starts then. held: where the flow stands before while the execution is
    paused. kept: it did not run here; its output is that of the execution that is run again.
    """

    id: str
    name: str
    type: str
    status: StepStatus = StepStatus.PENDING
    visit: int = 0
    attempt: int = 0
    frame: str = ""
    action_ref: str | None = None
    input: Any = None
    secrets: dict[str, SecretParts] = field(default_factory=dict)
    output: Any = None
    output_truncated: bool = False
    error: dict[str, Any] | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    timeout_at: datetime | None = None
    retry_at: datetime | None = None
    child_id: str | None = None
    waiting: Waiting | None = None
    held: str | None = None
    kept: bool = False


class Steps(dict[str, StepRun]):
    """The steps of an execution by id, as they are declared. Nobody changes them: ``with_run``.

    under_way: those that are, in the same order. counts: how many there are of each status. Both
    are asked for with every event, and there may be hundreds of steps: they are never sought.
    """

    __slots__ = ("counts", "under_way")

    under_way: tuple[StepRun, ...]
    counts: dict[StepStatus, int]

    def __init__(self, runs: Mapping[str, StepRun]) -> None:
        super().__init__(runs)
        self.under_way = self._under_way()
        self.counts = dict.fromkeys(StepStatus, 0)
        for run in self.values():
            self.counts[run.status] += 1

    def with_run(self, run: StepRun) -> "Steps":
        """Return the steps with ``run`` in the place of the one of its id."""
        steps = Steps.__new__(Steps)
        steps.update(self)
        steps[run.id] = run
        steps.counts = self.counts
        before = self[run.id].status
        if run.status is not before:
            counts = self.counts
            steps.counts = {
                **counts,
                before: counts[before] - 1,
                run.status: counts[run.status] + 1,
            }
        others = tuple(each for each in self.under_way if each.id != run.id)
        if run.status not in UNDER_WAY:
            steps.under_way = others
        else:
            steps.under_way = steps._under_way() if others else (run,)
        return steps

    def _under_way(self) -> tuple[StepRun, ...]:
        return tuple(run for run in self.values() if run.status in UNDER_WAY)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        runs = handler.generate_schema(dict[str, StepRun])
        return core_schema.no_info_after_validator_function(cls, runs)


@dataclass(frozen=True)
class Execution:
    """One run of one playbook revision, as of event number ``sequence``.

    started_at: until it has started, when it was queued. paused: by somebody, not by waiting.
    kept: outputs of steps that are none of this execution's, for templates. See ``Origin``.
    variables: what steps have assigned, by scope. See ``StepCompleted``.
    """

    id: str
    playbook_id: str
    playbook_version: str
    playbook_revision: str
    playbook_name: str
    status: Status
    sequence: int
    started_at: datetime
    changed_at: datetime
    steps: Steps
    trigger: str
    event: dict[str, Any] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    target_asset_id: str | None = None
    by: str = ""
    dry_run: bool = False
    timeout_at: datetime | None = None
    completed_at: datetime | None = None
    reason: str | None = None
    visits: int = 0
    traceparent: str | None = None
    paused: bool = False
    depth: int = 0
    parent: Parent | None = None
    rerun_of: str | None = None
    undoing: Undoing | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    admitted: bool = False
    variables: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """What is remembered of an execution that has ended, so that it is not started again."""

    id: str
    status: Status
    completed_at: datetime

    @classmethod
    def of(cls, execution: Execution) -> "Ended":
        """Return the memory of an execution that has just ended."""
        return cls(execution.id, execution.status, execution.completed_at or execution.changed_at)
