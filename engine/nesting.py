"""Which step stands in which list: each in one at most, none in itself, and not too deep."""

from collections.abc import Iterator

from engine.sequences import opened, sequences
from schemas.problems import Problem
from schemas.steps import ParallelStep, Step

NESTING_MAX = 8
"""How deep branches and loops may stand in each other (Limits)."""


def problems(steps: list[Step]) -> list[Problem]:
    """Return what is wrong with the ``branches`` and ``steps`` lists. Every id is a step's."""
    found = list(_named_twice(steps))
    if found:
        return found
    if not sequences(steps)[0].step_ids:
        return [Problem("/steps", "every step stands in a list of another: none could be first")]
    return list(_depths(steps))


def pointer(step: Step, index: int, place: int) -> str:
    """Return the JSON pointer, below the step, of a place in the lists that it opens."""
    if isinstance(step, ParallelStep):
        return f"/branches/{index}/{place}"
    return f"/steps/{place}"


def _named_twice(steps: list[Step]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for index, step in enumerate(steps):
        for sequence in opened(step):
            for place, step_id in enumerate(sequence.step_ids):
                at = f"/steps/{index}{pointer(step, sequence.index, place)}"
                if step_id == step.id:
                    yield Problem(at, f"step {step_id} cannot stand in a list of its own")
                elif step_id in owners:
                    owner = owners[step_id]
                    yield Problem(at, f"step {step_id} stands in a list of {owner} already")
                owners.setdefault(step_id, step.id)


def _depths(steps: list[Step]) -> Iterator[Problem]:
    """Report steps that nest too deep, or in each other."""
    owners = {
        step_id: step.id for step in steps for each in opened(step) for step_id in each.step_ids
    }
    for index, step in enumerate(steps):
        depth, owner = 0, owners.get(step.id)
        while owner is not None and owner != step.id and depth <= NESTING_MAX:
            depth, owner = depth + 1, owners.get(owner)
        if owner == step.id:
            yield Problem(f"/steps/{index}", f"step {step.id} would stand in a list of its own")
        elif depth > NESTING_MAX:
            yield Problem(
                f"/steps/{index}",
                f"step {step.id} stands more than {NESTING_MAX} lists deep: use a playbook step",
            )
