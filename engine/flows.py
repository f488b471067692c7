"""The flow of an execution, moved on by one command: a decision in the making.

Used by ``decide`` and by the step types. Every event that is recorded is folded at once, so
each rule sees the execution as the rules before it left it. Where the flow goes next is noted
as a move and carried out in turn (``settle``): a loop may go round a thousand times in one
decision without a call inside a call. What a step of some type does when the flow comes to
it stands in ``engine/steps``.
"""

from collections import deque
from datetime import datetime
from typing import Any, NamedTuple

from engine import frames, retries, steps
from engine.cacao import scopes
from engine.cacao.scopes import VariableError
from engine.evolution import evolve
from engine.frames import OUTERMOST
from engine.graphs import FAIL, Graph
from engine.identities import event_id
from schemas import events
from schemas.commands import CommandBase, StepError
from schemas.events import Event, EventBase
from schemas.executions import CONTAINERS, ENDED, UNDER_WAY, Execution, StepRun, StepStatus
from schemas.steps import ABORT, CONTINUE, END

VISITS_MAX = 1_000
"""Step visits per execution (Limits): a loop that never ends must end."""


class Move(NamedTuple):
    """Where the flow goes next: a step of ``frame``, or its end."""

    target: str
    frame: str


class Flow:
    """The events recorded so far, and the execution as they leave it."""

    def __init__(self, execution: Execution | None, command: CommandBase, graph: Graph) -> None:
        self.graph = graph
        self.recorded: list[Event] = []
        self._execution = execution
        self._command = command
        self._moves: deque[Move] = deque()
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

    def run(self, step_id: str) -> StepRun:
        """Return a step as it is now."""
        return self.execution.steps[step_id]

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

    def go(self, target: str, frame: str) -> None:
        """Note that the flow goes on at ``target``, a step of ``frame`` or its end."""
        self._moves.append(Move(target, frame))

    def settle(self) -> tuple[Event, ...]:
        """Carry out the moves, and those that they lead to; return everything recorded."""
        while self._moves and self.execution.status not in ENDED:
            target, frame = self._moves.popleft()
            if target == END:
                self._leave(frame)
            elif self.execution.visits >= VISITS_MAX:
                self.abort(f"more than {VISITS_MAX} step visits", step_id=target)
            else:
                steps.visit(self, self.graph.nodes[target], frame)
        return tuple(self.recorded)

    def is_under_way(self, frame: str) -> bool:
        """Tell whether the flow is anywhere in ``frame``."""
        return any(move.frame == frame for move in self._moves) or any(
            run.frame == frame and (run.status in UNDER_WAY or run.held is not None)
            for run in self.execution.steps.values()
        )

    def complete(
        self, run: StepRun, output: Any, *, to: str | None = None, truncated: bool = False
    ) -> None:
        """Record that a step ended well, and go on behind it, or at ``to``."""
        node = self.graph.nodes[run.id]
        target = node.next if to is None else to
        try:
            assigned = scopes.assigned(self.execution, self.graph, run, output, cut=truncated)
        except VariableError as error:
            self.fail(run, StepError(code=error.code, message=str(error)))
            return
        self.record(
            events.StepCompleted,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            output=output,
            output_truncated=truncated,
            held=self._held(target),
            variables=assigned,
        )
        self._go_on(target, run.frame)

    def fail_attempt(self, run: StepRun, error: StepError) -> None:
        """Try again later if an attempt is left; else the step has failed."""
        self.cancel_within(run, f"step {run.id} failed")
        retry = self.graph.nodes[run.id].retry
        retry_at = retries.retry_at(retry, run, error, self.execution.id, self.at)
        if retry_at is None:
            self.fail(run, error)
            return
        self.record(
            events.StepRetryScheduled,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            error=error,
            retry_at=retry_at,
        )

    def fail(self, run: StepRun, error: StepError) -> None:
        """Record that a step failed for good, and follow its ``on_failure``."""
        node = self.graph.nodes[run.id]
        target = node.next if node.on_failure == CONTINUE else node.on_failure
        gives_up = target in (ABORT, FAIL)
        handler = self.graph.exception if target == FAIL and run.frame == OUTERMOST else None
        onward = handler if gives_up else target
        self.record(
            events.StepFailed,
            step_id=run.id,
            visit=run.visit,
            attempt=run.attempt,
            error=error,
            held=None if onward is None else self._held(onward),
        )
        if not gives_up:
            self._go_on(target, run.frame)
        elif handler is not None:
            self._handle(run, handler)
        elif target == ABORT or run.frame == OUTERMOST:
            self.abort(f"step {run.id} failed: {error.message}", step_id=run.id)
        else:
            steps.frame_failed(self, run.frame, run, error)

    def held(self) -> list[Move]:
        """Return where a pause holds the flow."""
        return [
            Move(run.held, self._frame_behind(run))
            for run in self.execution.steps.values()
            if run.held is not None
        ]

    def abort(self, reason: str, step_id: str | None = None) -> None:
        """Give up: what runs is cancelled, what was never reached is skipped."""
        self.stop("the execution was aborted")
        self.record(events.ExecutionFailed, reason=reason, step_id=step_id)

    def stop(self, reason: str) -> None:
        """Cancel every step that is under way, and skip the rest."""
        self._moves.clear()
        for run in list(self.execution.steps.values()):
            self._cancel(run, reason)
        self.skip(reason)

    def cancel_within(self, opener: StepRun, reason: str) -> None:
        """Cancel everything in the frames that a step has open, and in those inside them."""
        if opener.type not in CONTAINERS:
            return
        within = frames.prefix(opener)
        self._moves = deque(move for move in self._moves if not move.frame.startswith(within))
        for run in list(self.execution.steps.values()):
            if run.frame.startswith(within) and run.status in UNDER_WAY:
                self.cancel_within(run, reason)
                self._cancel(run, reason)

    def skip(self, reason: str, *, but: frozenset[str] | set[str] = frozenset()) -> None:
        """Say of the steps that nobody has come to, save some, that nobody will."""
        for run in list(self.execution.steps.values()):
            if run.status is StepStatus.PENDING and run.id not in but:
                self.record(events.StepSkipped, step_id=run.id, reason=reason)

    def skip_unreachable(self, target: str, reason: str) -> None:
        """Skip what can no longer be reached, now that the flow goes on at ``target``."""
        live = [run.id for run in self.execution.steps.values() if run.status in UNDER_WAY]
        # Nothing is held by a pause: no step is come to, and none left, while there is one.
        moves = [move.target for move in self._moves]
        self.skip(reason, but=self.graph.reachable([target, *live, *moves]))

    def _cancel(self, run: StepRun, reason: str) -> None:
        if run.status in UNDER_WAY:
            self.record(events.StepCancelled, step_id=run.id, visit=run.visit, reason=reason)

    def _handle(self, run: StepRun, handler: str) -> None:
        """Go to what handles the failures of a workflow: a frame that the failed step opens."""
        self._moves.clear()
        for each in list(self.execution.steps.values()):
            self._cancel(each, f"step {run.id} failed")
        self.skip(f"step {run.id} failed", but=self.graph.reachable([handler]))
        self._go_on(handler, frames.frame(run, 0))

    def _frame_behind(self, run: StepRun) -> str:
        """Return the frame that the flow goes on in behind a step that a pause holds it at."""
        handled = run.status is StepStatus.FAILED and run.held == self.graph.exception
        return frames.frame(run, 0) if handled else run.frame

    def _held(self, target: str) -> str | None:
        return target if self.execution.paused else None

    def _go_on(self, target: str, frame: str) -> None:
        if not self.execution.paused:
            self.go(target, frame)

    def _leave(self, frame: str) -> None:
        """Come to the end of ``frame``; the end of the outermost one completes the execution."""
        if frame == OUTERMOST:
            self.skip("not reached")
            failed = [r.id for r in self.execution.steps.values() if r.status is StepStatus.FAILED]
            if failed and self.graph.all_must_succeed:
                self.record(events.ExecutionFailed, reason=f"failed: {', '.join(failed)}")
            else:
                self.record(events.ExecutionCompleted)
        else:
            steps.frame_left(self, frame)
