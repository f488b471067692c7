"""Steps that stand in several places at once: compiled once for each, up to a limit."""

from typing import Any

from engine.cacao.importing import imported
from engine.cacao.variables import bare_names
from tests.engine.cacao.documents import action, bash, document
from tests.engine.cacao.stories import graph, running


def fork(name: str, *branches: str, then: str = "end") -> dict[str, Any]:
    return {"name": f"parallel {name}", "next_steps": list(branches), "on_completion": then}


def test_forks_within_forks_have_each_its_own_copies() -> None:
    inner = fork("inner", "action z", "action z")
    steps = (fork("outer", "parallel inner", "parallel inner"), inner, action("z"))
    story = running(document(*steps))
    runs = [each.id for each in story.execution.steps.values() if each.type == "command"]
    assert runs == ["z", "z.copy3", "z.copy2", "z.copy4"]
    for step_id in runs:
        last = story.complete(step_id)
    assert last[-3:] == ["StepCompleted inner.copy2", "StepCompleted outer", "ExecutionCompleted"]


def test_forks_one_after_the_other_may_share_their_steps() -> None:
    first, second = fork("one", "action a", "action b", then="parallel two"), "parallel two"
    steps = (first, fork(second[9:], "action a", "action b"), action("a"), action("b"))
    assert set(graph(document(*steps)).nodes) == {"one", "two", "a", "b"}


def refusal(*steps: dict[str, Any], **says: Any) -> str:
    found = imported(document(*steps, **says))
    assert found.definition is None
    return found.problems[0].message


def test_branches_that_share_without_end_are_refused() -> None:
    onward = [*(f"parallel f{number}" for number in range(1, 12)), "action z"]
    forks = [fork(f"f{number}", onward[number], onward[number]) for number in range(12)]
    assert "more than 1000 steps" in refusal(*forks, action("z"))


def test_more_commands_on_targets_than_a_run_has_steps_are_refused() -> None:
    targets = {f"linux--{number}": {"type": "linux"} for number in range(64)}
    step = action("all", *[bash("x")] * 20, targets=list(targets))
    assert "1280 steps" in refusal(step, target_definitions=targets)


def test_names_without_the_keyword_are_noticed() -> None:
    text = "http://__a__/by/__b__?x=__c__:value&__1__=__d"
    assert bare_names(text) == ["__a__", "__b__"]
