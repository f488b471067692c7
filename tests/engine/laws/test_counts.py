"""What the steps of an execution keep of themselves is what one would count."""

from collections import Counter

from hypothesis import given

from engine.evolution import fold
from engine.snapshots import execution_from_json, to_json
from schemas.executions import UNDER_WAY, StepStatus
from tests.engine.laws.walks import Walk, walks


@given(walks())
def test_what_is_under_way_and_the_counts_are_those_of_the_steps(walk: Walk) -> None:
    for length in range(1, len(walk.events) + 1):
        execution = fold(None, walk.events[:length])
        assert execution is not None
        for steps in (execution.steps, execution_from_json(to_json(execution)).steps):
            runs = list(steps.values())
            assert steps.under_way == tuple(run for run in runs if run.status in UNDER_WAY)
            counted = Counter(run.status for run in runs)
            assert steps.counts == {status: counted[status] for status in StepStatus}
