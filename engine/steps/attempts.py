"""An attempt of a step: its first in a visit, or one more after a failure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import contexts
from engine.contexts import Context
from engine.graphs import Node
from schemas import events
from schemas.executions import StepRun

if TYPE_CHECKING:
    from engine.flows import Flow


@dataclass(frozen=True)
class Attempt:
    """An attempt that is about to begin. before: the step as the attempt before left it."""

    node: Node
    frame: str
    visit: int
    attempt: int = 1
    before: StepRun | None = None

    def begin(self, flow: "Flow", **facts: Any) -> StepRun:
        """Record its start and return the step as it then is."""
        timeout = self.node.timeout
        flow.record(
            events.StepStarted,
            step_id=self.node.step.id,
            visit=self.visit,
            attempt=self.attempt,
            frame=self.frame,
            timeout_at=None if timeout is None else flow.at + timeout,
            **facts,
        )
        return flow.run(self.node.step.id)

    def context(self, flow: "Flow") -> Context:
        """Return what expressions and templates of the step can name."""
        return contexts.of_execution(flow.execution, flow.graph.playbook, self.frame)
