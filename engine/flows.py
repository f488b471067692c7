"""The flow of an execution, moved on by one command: a decision in the making.

Used by ``decide`` and by the step types. Every event that is recorded is folded at once,
so each rule sees the execution as the rules before it left it. What a step of some type
does when the flow comes to it stands in ``engine/steps``.
"""

from datetime import datetime
from typing import Any

from engine import retries
from engine.evolution import evolve
from engine.graphs import OUTERMOST, Graph, Node
from engine.identities import event_id
from engine.steps import start_step
from schemas import events
from schemas.commands import CommandBase, StepError
from schemas.events import Event, EventBase
from schemas.executions import UNDER_WAY, Execution, StepRun, StepStatus
from schemas.steps import ABORT, CONTINUE, END

VISITS_MAX = 1_000
"""Step visits per execution (Limits): a loop that never ends must end."""


class Flow:
    """The events recorded so far, and the execution as they leave it."""

    def __init__(self, execution: Execution | None, command: CommandBase, graph: Graph) -> None:
        self.graph = graph
        self.recorded: list[Event] = []
        self._execution = execution
        self._command = command
        # A command may carry the time of a slower clock than the one before it;
        # history must not run backwards, or ``as_of`` would show the wrong past.
        self.at: datetime = command.at
        if execution is not None and execution.changed_at > command.at:
            self.at = execution.changed_at

    @property
    def execution(self) -> Execution:
        """The execution after every event recorded so far."""
        if self._execution is None:
            raise ValueError(f"execution {self._command.execution_id} has not started")
        return self._execution

    def record(self, event_type: type[EventBase], **facts: Any) -> None:
        """Add an event of this type, numbered and stamped."""
        execution, playbook = self._execution, self.graph.playbook
        sequence = 1 if execution is None else execution.sequence + 1
        if execution is not None and execution.dry_run:
            facts["dry_run"] = True
        event: Any = event_type(
            execution_id=self._command.execution_id,
            sequence=sequence,
            id=event_id(self._command.execution_id, sequence),
            at=self.at,
            playbook_id=playbook.id,
            playbook_version=playbook.version,
            playbook_revision=self.graph.revision,
            command_id=self._command.id,
            **facts,
        )
        self.recorded.append(event)
        self._execution = evolve(execution, event)

    def enter(self, target: str, frame: str) -> None:
        """Go on at ``target``, a step of ``frame`` or its end."""
        if target == END:
            self.leave(frame)
        elif self.execution.visits >= VISITS_MAX:
            self.abort(f"more than {VISITS_MAX} step visits", step_id=target)
        else:
            start_step(self, self.graph.nodes[target], frame)

    def leave(self, frame: str) -> None:
        """Come to the end of ``frame``; the end of the outermost one completes the execution."""
        if frame != OUTERMOST:
            raise NotImplementedError(f"no step type opens frames yet: {frame}")
        self._skip_pending("not reached")
        self.record(events.ExecutionCompleted)

    def complete(self, node: Node, run: StepRun, output: Any, truncated: bool = False) -> None:
        """Record that the step ended well, and go on behind it."""
        self.record(
            events.StepCompleted,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            output=output,
            output_truncated=truncated,
        )
        self.enter(node.next, run.frame)

    def fail_attempt(self, node: Node, run: StepRun, error: StepError) -> None:
        """Try again later if an attempt is left; else the step has failed."""
        retry_at = retries.retry_at(node.retry, run, error, self.execution.id, self.at)
        if retry_at is None:
            self.fail(node, run, error)
            return
        self.record(
            events.StepRetryScheduled,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            error=error,
            retry_at=retry_at,
        )

    def fail(self, node: Node, run: StepRun, error: StepError) -> None:
        """Record that the step failed for good, and follow its ``on_failure``."""
        self.record(
            events.StepFailed,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            error=error,
        )
        if node.on_failure == ABORT:
            self.abort(f"step {run.id} failed: {error.message}", step_id=run.id)
        elif node.on_failure == CONTINUE:
            self.enter(node.next, run.frame)
        else:
            self.enter(node.on_failure, run.frame)

    def abort(self, reason: str, step_id: str | None = None) -> None:
        """Give up: what runs is cancelled, what was never reached is skipped."""
        self.stop("the execution was aborted")
        self.record(events.ExecutionFailed, reason=reason, step_id=step_id)

    def stop(self, reason: str) -> None:
        """Cancel every step that is under way, and skip the rest."""
        for run in self.execution.steps.values():
            if run.status in UNDER_WAY:
                self.record(events.StepCancelled, step_id=run.id, visit=run.visit, reason=reason)
        self._skip_pending(reason)

    def _skip_pending(self, reason: str) -> None:
        for run in self.execution.steps.values():
            if run.status is StepStatus.PENDING:
                self.record(events.StepSkipped, step_id=run.id, reason=reason)
