"""What is said to have always completed has, in every walk; what never precedes never does."""

from hypothesis import given

from engine.evolution import fold
from engine.warnings.precedence import Precedence
from schemas.executions import Execution, StepStatus
from tests.engine.laws.walks import Walk, walks


def befores(walk: Walk) -> list[tuple[str, Execution]]:
    """Each step that started, with the execution as it was just before."""
    execution: Execution | None = None
    found = []
    for event in walk.events:
        if event.type == "StepStarted" and execution is not None:
            found.append((event.step_id, execution))
        execution = fold(execution, [event])
    return found


@given(walks())
def test_what_always_comes_before_a_step_has_completed_when_it_starts(walk: Walk) -> None:
    completed = Precedence(walk.graph).completed
    for step_id, execution in befores(walk):
        done = {each for each, run in execution.steps.items() if run.status is StepStatus.COMPLETED}
        assert completed[step_id] <= done, step_id


@given(walks())
def test_no_step_runs_before_one_that_it_never_precedes(walk: Walk) -> None:
    precedence = Precedence(walk.graph)
    for step_id, execution in befores(walk):
        for earlier, run in execution.steps.items():
            if run.visit > 0 and earlier != step_id:
                assert precedence.may_precede(earlier, step_id), (earlier, step_id)
