"""Metrics: what a process has counted, for Prometheus.

What an agent makes of a batch is counted once the batch has committed (``Batch.measure``): a batch
that comes again is not counted twice. No label has a value that a finding brings along, and one
that people choose has a bound (``Bounded``): no detector can make series without end.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from schemas import events
from schemas.commands import CompleteStep, FailStep
from schemas.events import Event
from schemas.executions import Execution

REGISTRY = CollectorRegistry()
"""Of this process, and of nobody else: libraries that count keep their own."""

# A second series beside each one, for the moment at which it was first counted.
disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)

MEDIA_TYPE = CONTENT_TYPE_LATEST
"""Of ``text``."""

OTHER = "other"
NAMES_MAX = 200

_STEP_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400)
_LATE_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_BATCH_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


class Bounded:
    """Label values that people choose: the first ``most`` as they are, all later ones ``other``."""

    def __init__(self, most: int = NAMES_MAX) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        """Return the label value for a name."""
        if name not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(name)
        return name


def _counter(name: str, tells: str, *labels: str) -> Counter:
    return Counter(f"playbooks_{name}", tells, labels, registry=REGISTRY)


def _gauge(name: str, tells: str, *labels: str) -> Gauge:
    return Gauge(f"playbooks_{name}", tells, labels, registry=REGISTRY)


def _histogram(name: str, tells: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(f"playbooks_{name}", tells, labels, buckets=buckets, registry=REGISTRY)


FINDINGS_SEEN = _counter("findings_seen_total", "findings that were read")
FINDINGS_MATCHED = _counter("findings_matched_total", "findings that triggered a playbook")
FINDINGS_DROPPED = _counter(
    "findings_dropped_total", "findings, or starts that they asked for, that led to none", "reason"
)
TRIGGERS = _counter("triggers_total", "starts that findings asked for", "playbook_id")
EXECUTIONS = _counter("executions_total", "executions that came to a status", "status")
REJECTIONS = _counter("rejections_total", "commands that were refused", "code")
STEP_SECONDS = _histogram(
    "step_seconds", "from the start of a step to its end", _STEP_SECONDS, "type", "status"
)
ATTEMPTS = _counter(
    "action_attempts_total", "attempts of actions that were reported", "action_ref", "outcome"
)
TIMER_LATE_SECONDS = _histogram(
    "timer_late_seconds", "from when a timer was due to when it fired", _LATE_SECONDS
)
TRANSACTIONS = _counter("transactions_total", "batches that were committed", "agent")
CLAIMS_LOST = _counter(
    "claims_lost_total", "claims to a partition that an error or another worker ended", "agent"
)
BATCH_RECORDS = _histogram("batch_records", "records in a batch", _BATCH_RECORDS, "agent")
LAG = _gauge(
    "lag_records", "records of a partition that wait to be taken", "agent", "topic", "partition"
)
DEAD_LETTERS = _counter("dead_letters_total", "records that no agent could handle", "agent")
TABLE_AGE = _gauge("table_age_seconds", "since the table had read all that there was")
TABLE_LAG = _gauge("table_lag_records", "records that the table has not read yet")

_STATUSES = {
    events.ExecutionQueued: "pending",
    events.ExecutionStarted: "running",
    events.ExecutionPaused: "paused",
    events.ExecutionCompleted: "completed",
    events.ExecutionFailed: "failed",
    events.ExecutionCancelled: "cancelled",
}
_STEP_STATUSES = {
    events.StepCompleted: "completed",
    events.StepFailed: "failed",
    events.StepCancelled: "cancelled",
}

_playbook_ids = Bounded()
_action_refs = Bounded()
_codes = Bounded()


def text() -> bytes:
    """Return all that was counted, as Prometheus reads it."""
    return generate_latest(REGISTRY)


def matched(playbook_ids: Collection[str]) -> None:
    """Count a finding that triggered these playbooks."""
    FINDINGS_MATCHED.inc()
    for playbook_id in playbook_ids:
        TRIGGERS.labels(_playbook_ids(playbook_id)).inc()


def dropped(reason: str) -> None:
    """Count a start that a finding asked for, and that led to none. reason: a stable word."""
    FINDINGS_DROPPED.labels(_codes(reason)).inc()


def refused(code: str) -> None:
    """Count a command that was refused. code: that of its rejection."""
    REJECTIONS.labels(_codes(code)).inc()


def parked(agent: str) -> None:
    """Count a dead letter; a finding among them started nothing."""
    DEAD_LETTERS.labels(agent).inc()
    if agent == "triggers":
        dropped("unreadable")


def decided(execution: Execution, happened: Sequence[Event]) -> None:
    """Count the transitions of one decision. execution: as it left it."""
    for event in happened:
        kind = type(event)
        if kind in _STATUSES:
            _executions(_STATUSES[kind]).inc()
        elif kind in _STEP_STATUSES:
            run = execution.steps[getattr(event, "step_id", "")]
            # A loop may have come to the step again within the same decision.
            if run.started_at is not None and run.started_at <= event.at:
                seconds = (event.at - run.started_at).total_seconds()
                _step_seconds(run.type, _STEP_STATUSES[kind]).observe(seconds)


# Few, and asked for with every event: to find one by its labels takes longer than to count.
_executions = cache(EXECUTIONS.labels)
_step_seconds = cache(STEP_SECONDS.labels)


def fired(due_at: datetime, at: datetime) -> None:
    """Count a timer that has fired."""
    TIMER_LATE_SECONDS.observe(max(0.0, (at - due_at).total_seconds()))


def attempted(action_ref: str, result: CompleteStep | FailStep) -> None:
    """Count an attempt of an action by what is reported of it."""
    outcome = "completed"
    if isinstance(result, FailStep):
        outcome = "outcome_unknown" if result.error.code == "outcome_unknown" else "failed"
    ATTEMPTS.labels(_action_refs(action_ref), outcome).inc()


def committed(agent: str, records: int) -> None:
    """Count a batch that has been committed. records: how many were read for it."""
    TRANSACTIONS.labels(agent).inc()
    BATCH_RECORDS.labels(agent).observe(records)
