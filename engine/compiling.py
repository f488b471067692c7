"""A playbook compiled to its graph.

Every link is resolved once, here, so that deciding never has to ask what an omitted
``on_success`` or a playbook-level ``on_failure`` means. What was imported as a document is
compiled from that (``engine/cacao/compiling.py``).
"""

from collections.abc import Iterator

from engine.cacao import compiling as documents
from engine.graphs import FAIL, Graph, Node, declared
from engine.sequences import Sequence, opened, sequences
from schemas.playbooks import Playbook
from schemas.steps import CONTINUE, END, NEXT, ConditionStep, Retry, Step, SwitchStep

_RETRIED = frozenset({"action", "playbook"})
"""Types of steps that ``on_failure: retry`` of the playbook tries again: those that reach out.
What else fails would fail again."""


def compiled(playbook: Playbook, revision: str) -> Graph:
    """Return the graph of a playbook that has no ``engine.playbooks.problems``."""
    if playbook.cacao is not None:
        return documents.compiled(playbook, playbook.cacao, revision)
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
