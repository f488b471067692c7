"""Small playbooks, checked in every state that they can come to.

The smallest are all checked each time, of the others a sample:
pytest tests/engine/models --models 1     all of them: waits, decisions, loops and parallel steps
                                          in a branch, two kinds of retry; some minutes
"""

from collections.abc import Iterator

import pytest

from engine.graphs import Graph
from tests.engine.models.exploration import Exploration
from tests.engine.models.meanings import MEANINGS
from tests.engine.models.shapes import Shape, drawn_up, shapes


def chosen(every: int) -> list[Shape]:
    """Return the playbooks to check: the small ones, and one in so many of the others."""
    small = [shape for shape in shapes() if shape.is_small()]
    return small + [shape for shape in shapes() if not shape.is_small()][::every]


def broken(graph: Graph) -> Iterator[str]:
    """Yield which rules an execution of this playbook breaks, and where."""
    explored = Exploration(graph)
    for seen in explored.transitions:
        for meaning in MEANINGS:
            for problem in meaning(seen):
                yield f"{meaning.__name__}: {problem} ({seen.command})"
    for late in explored.late_results():
        yield f"a late result was taken: {late}"
    for state in explored.dead_ends():
        yield f"nothing that may come leads to an end: {state}"
    if circle := explored.circle():
        yield f"it may go on for ever: {circle}"


@pytest.mark.timeout(3_600)
def test_in_every_state_every_command_means_what_the_format_says(
    request: pytest.FixtureRequest,
) -> None:
    models = chosen(request.config.getoption("--models"))
    wrong = [f"{shape}: {problem}" for shape in models for problem in broken(drawn_up(shape))]
    assert wrong == [], "\n".join([f"{len(wrong)} in {len(models)} playbooks:", *wrong[:5]])
