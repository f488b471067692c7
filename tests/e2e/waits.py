"""Everything that an execution can wait for: a playbook each, what people say, how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas import commands
from schemas.commands import Command
from schemas.executions import Execution, Status, StepStatus
from tests.e2e.findings import logging_playbook
from tests.examples import action, step

WAIT_SECONDS = 12.0
"""Of whatever waits for a time: until it comes the worker must have been killed."""

Says = Callable[[str], list[Command]]


@dataclass(frozen=True)
class Wait:
    """An execution that waits, and the worker is killed meanwhile.

    stands: whether it has come to where it waits. before, after: what people say so that it
    comes there, and once another worker runs. held: a path of the remote side that is not
    answered before the kill; is_answered: but is afterwards. told: its events in short, in
    order. is_started: by the test; another one starts it otherwise.
    """

    steps: list[dict[str, Any]]
    stands: Callable[[Execution], bool]
    told: list[str]
    before: Says = lambda _: []
    after: Says = lambda _: []
    held: str | None = None
    is_answered: bool = True
    is_started: bool = True
    playbook: dict[str, Any] = field(default_factory=dict)

    def document(self, name: str, base_url: str) -> dict[str, Any]:
        """Return the playbook; what it calls is under ``base_url``."""
        says = {"id": f"pb-{name}", "name": name, "trigger": {"event": "manual"}}
        parameters = {"base_url": {"type": "string", "default": base_url}}
        return (
            logging_playbook(1)
            | says
            | {"steps": self.steps, "parameters": parameters}
            | self.playbook
        )


def call(step_id: str, path: str, **says: Any) -> dict[str, Any]:
    """Return a call that may be repeated, as its method says."""
    url = "{{ parameters.base_url }}" + path
    parameters = {"url": url, "method": "PUT", "timeout_seconds": 60}
    return action(step_id, action_ref="act-http-request", parameters=parameters) | says


def told(*events: str) -> list[str]:
    """Return the events in short: ``ran x`` stands for the start and the end of a step."""
    short: list[str] = []
    for event in events:
        word, _, step_id = event.partition(" ")
        short += (
            [f"StepStarted {step_id}", f"StepCompleted {step_id}"] if word == "ran" else [event]
        )
    return short


def said(kind: Any, **facts: Any) -> Says:
    """Return what a person says."""

    def to(execution_id: str) -> list[Command]:
        common = {"id": str(uuid4()), "execution_id": execution_id, "at": datetime.now(UTC)}
        return [kind(**common, **facts)]

    return to


def approved(by: str) -> Says:
    """Return somebody's yes."""
    return said(commands.ResolveApproval, step_id="ask", approved=True, by=by)


def waiting(step_id: str) -> Callable[[Execution], bool]:
    """Tell whether a step waits."""
    return lambda execution: execution.steps[step_id].status is StepStatus.WAITING


def running(step_id: str) -> Callable[[Execution], bool]:
    """Tell whether a step runs."""
    return lambda execution: execution.steps[step_id].status is StepStatus.RUNNING


def votes(execution: Execution) -> int:
    """Return how many have said something of the step that asks."""
    waits = execution.steps["ask"].waiting
    return 0 if waits is None else len(waits.votes)


AFTER = action("after")

FOR_PEOPLE = {
    "approval": Wait(
        [step("ask", "approval", required=2), AFTER],
        lambda execution: votes(execution) == 1,
        told("ExecutionStarted", "StepStarted ask", "StepWaiting ask", "ApprovalRecorded ask")
        + told("ApprovalRecorded ask", "StepCompleted ask", "ran after", "ExecutionCompleted"),
        before=approved("alice"),
        after=approved("bob"),
    ),
    "pause": Wait(
        [step("ask", "approval"), AFTER],
        lambda execution: execution.paused and execution.steps["ask"].held == "after",
        told("ExecutionStarted", "StepStarted ask", "StepWaiting ask", "ExecutionPaused")
        + told("ApprovalRecorded ask", "StepCompleted ask", "ExecutionResumed", "ran after")
        + told("ExecutionCompleted"),
        before=lambda execution_id: (
            said(commands.PauseExecution)(execution_id) + approved("alice")(execution_id)
        ),
        after=said(commands.ResumeExecution),
    ),
}

FOR_OTHERS = {
    "parallel": Wait(
        [
            step("fork", "parallel", branches=[["done"], ["open"]]),
            action("done"),
            call("open", "/held-branch"),
            AFTER,
        ],
        lambda execution: (
            running("open")(execution) and execution.steps["done"].status is StepStatus.COMPLETED
        ),
        told("ExecutionStarted", "StepStarted fork", "StepStarted done", "StepStarted open")
        + told("StepCompleted done", "StepCompleted open", "StepCompleted fork", "ran after")
        + told("ExecutionCompleted"),
        held="/held-branch",
    ),
    "caller": Wait(
        [step("call", "playbook", playbook_id="pb-called"), AFTER],
        running("call"),
        told("ExecutionStarted", "ran call", "ran after", "ExecutionCompleted"),
    ),
    "called": Wait(
        [call("work", "/held-called")],
        running("work"),
        told("ExecutionStarted", "ran work", "ExecutionCompleted"),
        held="/held-called",
        is_started=False,
    ),
    "loop": Wait(
        [
            step("loop", "while", expression="loop.index < 3", steps=["work"]),
            call("work", "/{{ 'held' if loop.index == 1 else 'quick' }}-{{ loop.index }}"),
            AFTER,
        ],
        lambda execution: running("work")(execution) and execution.steps["work"].visit == 2,
        told("ExecutionStarted", "StepStarted loop", "ran work", "ran work", "ran work")
        + told("StepCompleted loop", "ran after", "ExecutionCompleted"),
        held="/held-1",
    ),
}

FOR_A_TIME = {
    "delay": Wait(
        [step("wait", "delay", duration=WAIT_SECONDS), AFTER],
        waiting("wait"),
        told("ExecutionStarted", "StepStarted wait", "StepWaiting wait", "StepCompleted wait")
        + told("ran after", "ExecutionCompleted"),
    ),
    "retry": Wait(
        [call("try", "/busy", retry={"delay_seconds": WAIT_SECONDS, "jitter": 0}), AFTER],
        lambda execution: execution.steps["try"].retry_at is not None,
        told("ExecutionStarted", "StepStarted try", "StepRetryScheduled try", "ran try")
        + told("ran after", "ExecutionCompleted"),
    ),
    "step-timeout": Wait(
        [call("late", "/held-late", timeout_seconds=WAIT_SECONDS)],
        running("late"),
        told("ExecutionStarted", "StepStarted late", "StepFailed late", "ExecutionFailed"),
        held="/held-late",
        is_answered=False,
    ),
    "timeout": Wait(
        [step("ask", "approval"), AFTER],
        waiting("ask"),
        told("ExecutionStarted", "StepStarted ask", "StepWaiting ask", "StepCancelled ask")
        + told("StepSkipped after", "ExecutionFailed"),
        playbook={"timeout_minutes": WAIT_SECONDS / 60},
    ),
    "expiry": Wait(
        [step("ask", "approval", timeout_seconds=WAIT_SECONDS, on_timeout="approve"), AFTER],
        waiting("ask"),
        told("ExecutionStarted", "StepStarted ask", "StepWaiting ask", "StepCompleted ask")
        + told("ran after", "ExecutionCompleted"),
    ),
    "reverted": Wait(
        [action("block", undo={"action_ref": "act-log"}, revert_after=WAIT_SECONDS)],
        lambda execution: execution.status is Status.COMPLETED,
        told("ExecutionStarted", "ran block", "ExecutionCompleted"),
    ),
    "reverting": Wait(
        [],
        waiting("undo.wait"),
        told("ExecutionStarted", "StepStarted undo.wait", "StepWaiting undo.wait")
        + told("StepCompleted undo.wait", "ran undo-block", "ExecutionCompleted"),
        is_started=False,
    ),
}

# Those that wait for a time begin last, so that it does not come before the kill.
WAITS = FOR_PEOPLE | FOR_OTHERS | FOR_A_TIME
