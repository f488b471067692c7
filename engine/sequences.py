"""The lists of steps of a playbook: the outermost one, each branch, each loop body.

A step that a ``branches`` or ``steps`` list names belongs to that list: inside it the next
step is the next of that list, and the outermost list leaves it out.
"""

from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass

from schemas.steps import ParallelStep, Step, WhileStep


@dataclass(frozen=True)
class Sequence:
    """Steps that run one after the other.

    owner: the step that opens it, None for the outermost. index: of the branch.
    """

    owner: str | None
    index: int
    step_ids: tuple[str, ...]


def sequences(steps: Many[Step]) -> list[Sequence]:
    """Return every sequence, the outermost one first."""
    inner = [sequence for step in steps for sequence in opened(step)]
    named = {step_id for sequence in inner for step_id in sequence.step_ids}
    outermost = tuple(step.id for step in steps if step.id not in named)
    return [Sequence(None, 0, outermost), *inner]


def opened(step: Step) -> Iterator[Sequence]:
    """Yield the sequences that a step opens: its branches, or the body of its loop."""
    if isinstance(step, ParallelStep):
        for index, branch in enumerate(step.branches):
            yield Sequence(step.id, index, tuple(branch))
    elif isinstance(step, WhileStep):
        yield Sequence(step.id, 0, tuple(step.steps))
