"""A playbook compiled to the graph that an execution walks.

Every link is resolved once, here, so that deciding never has to ask what an omitted
``on_success`` or a playbook-level ``on_failure`` means. Steps that run in a branch or a
loop body belong to a frame: its own list of steps, with a return to the step that opened
it. A frame is spelled ``<opening step>/<visit>/<index>``; the outermost one is ``""``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from schemas.events import DeclaredStep
from schemas.playbooks import Playbook
from schemas.steps import ABORT, CONTINUE, END, NEXT, Retry, Step

OUTERMOST = ""

RETRYABLE_ATTEMPTS = 3
"""Attempts of a step without a retry rule of its own, when the connector says "try again"."""


@dataclass(frozen=True)
class Node:
    """A step and where the flow goes from it.

    next: step id or ``end`` (the end of the frame). on_failure: step id, ``abort``,
    ``continue`` or ``end``. retry: None leaves it to the error.
    """

    step: Step
    next: str
    on_failure: str
    retry: Retry | None

    @property
    def timeout(self) -> timedelta | None:
        """How long one attempt may take."""
        seconds = self.step.timeout_seconds
        return None if seconds is None else timedelta(seconds=seconds)


@dataclass(frozen=True)
class Graph:
    """A playbook revision, ready to be walked from ``start``."""

    playbook: Playbook
    revision: str
    start: str
    nodes: dict[str, Node]
    declared: tuple[DeclaredStep, ...]

    @property
    def timeout(self) -> timedelta | None:
        """How long the whole execution may take."""
        minutes = self.playbook.timeout_minutes
        return None if minutes is None else timedelta(minutes=minutes)


def compiled(playbook: Playbook, revision: str) -> Graph:
    """Return the graph of a playbook that has no ``engine.playbooks.problems``."""
    return Graph(
        playbook=playbook,
        revision=revision,
        start=playbook.steps[0].id,
        nodes={node.step.id: node for node in _nodes(playbook)},
        declared=tuple(
            DeclaredStep(id=step.id, name=step.name or step.id, type=step.type)
            for step in playbook.steps
        ),
    )


def _nodes(playbook: Playbook) -> Iterator[Node]:
    following = [step.id for step in playbook.steps[1:]] + [END]
    for step, after in zip(playbook.steps, following, strict=True):
        on_success = step.on_success
        yield Node(
            step=step,
            next=after if on_success in (None, NEXT) else str(on_success),
            on_failure=step.on_failure or _policy(playbook),
            retry=step.retry or _retry(playbook),
        )


def _policy(playbook: Playbook) -> str:
    return CONTINUE if playbook.on_failure == "continue" else ABORT


def _retry(playbook: Playbook) -> Retry | None:
    if playbook.on_failure != "retry":
        return None
    return Retry(max_attempts=playbook.max_retries + 1)
