"""A playbook compiled to the graph that an execution walks.

Every link is resolved once, here, so that deciding never has to ask what an omitted
``on_success`` or a playbook-level ``on_failure`` means. Steps that run in a branch or a
loop body belong to a frame (``engine/frames.py``), whose end leads back to the step that
opened it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from engine.sequences import Sequence, opened, sequences
from schemas.events import DeclaredStep
from schemas.playbooks import Playbook
from schemas.steps import (
    ABORT,
    CONTINUE,
    END,
    NEXT,
    ApprovalStep,
    ConditionStep,
    Retry,
    Step,
    SwitchStep,
)
from schemas.workflows import AnyWorkflowStep, ManualStep, Workflow

FAIL = "/fail"
"""An ``on_failure`` that nobody wrote: the frame fails, and with it the step that opened it;
for the outermost frame that is ``abort``. No step can be called so."""

RETRYABLE_ATTEMPTS = 3
"""Attempts of a step without a retry rule of its own, when the connector says "try again"."""

_RETRIED = frozenset({"action", "playbook"})
"""Types of steps that ``on_failure: retry`` of the playbook tries again: those that reach out.
What else fails would fail again."""


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


def compiled(playbook: Playbook, revision: str) -> Graph:
    """Return the graph of a playbook that has no ``engine.playbooks.problems``."""
    if playbook.cacao is not None:
        # Here, for what compiles documents makes nodes and graphs, too.
        from engine.cacao import compiling

        return compiling.compiled(playbook, playbook.cacao, revision)
    every = sequences(playbook.steps)
    steps = {step.id: step for step in playbook.steps}
    return Graph(
        playbook=playbook,
        revision=revision,
        start=every[0].step_ids[0],
        nodes={
            node.step.id: node for sequence in every for node in _nodes(playbook, sequence, steps)
        },
        declared=tuple(declared(step) for step in playbook.steps),
    )


def declared(step: Step | AnyWorkflowStep) -> DeclaredStep:
    """Return a step as events declare it."""
    return DeclaredStep(id=step.id, name=step.name or step.id, type=step.type)


def _nodes(playbook: Playbook, sequence: Sequence, steps: dict[str, Step]) -> Iterator[Node]:
    following = (*sequence.step_ids[1:], END)
    for step_id, after in zip(sequence.step_ids, following, strict=True):
        step = steps[step_id]
        yield Node(
            step=step,
            next=_target(step.on_success, after),
            on_failure=step.on_failure or _policy(playbook),
            retry=step.retry or _retry(playbook, step),
            links=dict(_links(step, after)),
            frames=tuple(inner.step_ids[0] for inner in opened(step)),
        )


def _links(step: Step, after: str) -> Iterator[tuple[str, str]]:
    if isinstance(step, ConditionStep):
        yield "true", _target(step.on_true, _target(step.on_success, after))
        yield "false", _target(step.on_false, _target(step.on_success, after))
    elif isinstance(step, SwitchStep):
        for case, target in step.cases.items():
            yield case.casefold(), _target(target, after)
        yield "", _target(step.default, _target(step.on_success, after))


def _target(link: str | None, after: str) -> str:
    return after if link in (None, NEXT) else link


def _policy(playbook: Playbook) -> str:
    return CONTINUE if playbook.on_failure == "continue" else FAIL


def _retry(playbook: Playbook, step: Step) -> Retry | None:
    if playbook.on_failure != "retry" or step.type not in _RETRIED:
        return None
    return Retry(max_attempts=playbook.max_retries + 1)
