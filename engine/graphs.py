"""The graph that an execution walks: a playbook in which every link is resolved.

``engine/compiling.py`` makes it. Steps that run in a branch or a loop body belong to a frame
(``engine/frames.py``), whose end leads back to the step that opened it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from schemas.events import DeclaredStep
from schemas.playbooks import Playbook
from schemas.steps import (
    ABORT,
    CONTINUE,
    END,
    ApprovalStep,
    Retry,
    Step,
)
from schemas.workflows import AnyWorkflowStep, ManualStep, Workflow

FAIL = "/fail"
"""An ``on_failure`` that nobody wrote: the frame fails, and with it the step that opened it;
for the outermost frame that is ``abort``. No step can be called so."""

RETRYABLE_ATTEMPTS = 3
"""Attempts of a step without a retry rule of its own, when the connector says "try again"."""


@dataclass(frozen=True)
class Node:
    """A step and where the flow goes from it.

    next: step id or ``end`` (the end of the frame). on_failure: step id, ``abort``,
    ``continue``, ``end`` or ``FAIL``. retry: None leaves it to the error.
    links: of conditions and switches, by what they decide: ``true``, ``false``, a case, ``""``
    for the default. frames: the first step of each sequence that it opens.
    """

    step: Step | AnyWorkflowStep
    next: str
    on_failure: str
    retry: Retry | None
    links: dict[str, str] = field(default_factory=dict)
    frames: tuple[str, ...] = ()

    @property
    def timeout(self) -> timedelta | None:
        """How long one attempt may take. An approval's timeout is its expiry, not a failure."""
        seconds = self.step.timeout_seconds
        if seconds is None or isinstance(self.step, ApprovalStep | ManualStep):
            return None
        return timedelta(seconds=seconds)

    def successors(self) -> Iterator[str]:
        """Yield the steps that the flow may go to from here."""
        for target in (self.next, self.on_failure, *self.links.values(), *self.frames):
            if target not in (END, ABORT, CONTINUE, FAIL):
                yield target


@dataclass(frozen=True)
class Graph:
    """A playbook revision, ready to be walked from ``start``.

    all_must_succeed: a failed step, though it was handled, fails the execution at its end.
    workflow: of a playbook that is run by the document that it was imported from.
    """

    playbook: Playbook
    revision: str
    start: str
    nodes: dict[str, Node]
    declared: tuple[DeclaredStep, ...]
    all_must_succeed: bool = False
    workflow: Workflow | None = None

    @property
    def timeout(self) -> timedelta | None:
        """How long the whole execution may take."""
        minutes = self.playbook.timeout_minutes
        return None if minutes is None else timedelta(minutes=minutes)

    @property
    def exception(self) -> str | None:
        """The step that a failure leads to which nothing else handles."""
        return None if self.workflow is None else self.workflow.exception

    def reachable(self, step_ids: Iterable[str]) -> set[str]:
        """Return the steps that the flow may still come to from these, themselves included."""
        reached: set[str] = set()
        pending = [step_id for step_id in step_ids if step_id in self.nodes]
        while pending:
            step_id = pending.pop()
            if step_id not in reached:
                reached.add(step_id)
                pending += self.nodes[step_id].successors()
        return reached


def declared(step: Step | AnyWorkflowStep) -> DeclaredStep:
    """Return a step as events declare it."""
    return DeclaredStep(id=step.id, name=step.name or step.id, type=step.type)
