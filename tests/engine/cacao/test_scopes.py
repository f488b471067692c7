"""Variables of a running workflow: who sees which, and where a result goes."""

from typing import Any

import pytest

from engine.reruns import Rerun, rerun
from engine.snapshots import from_json, to_json
from schemas.executions import StepStatus
from tests.engine.cacao.documents import action, bash, document, variable
from tests.engine.cacao.stories import assigned, ready, running
from tests.examples import Story, code


def asked(story: Story, step_id: str) -> Any:
    """Return what the command of a step says after its variables were filled in."""
    return story.execution.steps[step_id].input["command"]["command"]


def one(command: str, **says: Any) -> dict[str, Any]:
    return action("one", bash(command), **says)


def test_a_command_says_the_values_of_its_variables() -> None:
    declared = {"__ip__": variable("10.0.0.1", "ipv4-addr")}
    story = running(document(one("block __ip__:value"), playbook_variables=declared))
    assert asked(story, "one") == "block 10.0.0.1"


def test_a_value_is_never_read_again() -> None:
    declared = {"__a__": variable("__b__:value"), "__b__": variable("secret")}
    story = running(document(one("say __a__:value"), playbook_variables=declared))
    assert asked(story, "one") == "say __b__:value"


def test_a_name_without_the_keyword_is_text() -> None:
    declared = {"__a__": variable("x")}
    story = running(document(one("say __a__ and __a__:value"), playbook_variables=declared))
    assert asked(story, "one") == "say __a__ and x"


def test_the_old_spelling_is_the_same_variable() -> None:
    story = running(document(one("say $$a$$"), playbook_variables={"a": variable("x")}))
    assert asked(story, "one") == "say x"


def test_variables_of_a_step_hide_those_of_the_playbook() -> None:
    own = one("say __a__:value", step_variables={"__a__": variable("mine")})
    story = running(document(own, playbook_variables={"__a__": variable("ours")}))
    assert asked(story, "one") == "say mine"


def test_a_variable_of_a_step_without_a_value_hides_nothing() -> None:
    own = one("say __a__:value", step_variables={"__a__": variable()})
    story = running(document(own, playbook_variables={"__a__": variable("ours")}))
    assert asked(story, "one") == "say ours"


def test_a_variable_without_a_value_fails_the_step_that_needs_it() -> None:
    step = one("say __a__:value", on_success="end")
    story = running(document(step, playbook_variables={"__a__": variable()}))
    error = story.execution.steps["one"].error
    assert error is not None
    assert (error["code"], "__a__" in error["message"]) == ("missing_variable", True)


@pytest.mark.parametrize("spelled", ["__a__", "a", "$$a$$"])
def test_a_run_gives_external_variables_by_either_name(spelled: str) -> None:
    declared = {"__a__": variable(external=True)}
    whole = document(one("say __a__:value"), playbook_variables=declared)
    assert asked(running(whole, **{spelled: "given"}), "one") == "say given"


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ({"__a__": variable(external=True)}, {}),
        ({"__a__": variable("x")}, {"a": "y"}),
        ({"__a__": variable("x", external=True, constant=True)}, {"a": "y"}),
        ({"__a__": variable(kind="integer", external=True)}, {"a": "five"}),
        ({}, {"unheard": 1}),
    ],
    ids=["missing", "not external", "constant", "of another type", "not declared"],
)
def test_a_run_with_wrong_parameters_is_refused(
    declared: dict[str, Any], given: dict[str, Any]
) -> None:
    story = ready(document(one("true"), playbook_variables=declared))
    assert code(story.start(parameters=given)) == "invalid_parameters"


def test_what_is_used_and_declared_nowhere_may_be_given() -> None:
    assert asked(running(document(one("say __a__:value")), a=5), "one") == "say 5"


def giving(*out_args: str, **says: Any) -> Story:
    first = one("look", out_args=list(out_args), on_success="action two")
    first["step_variables"] = says.pop("own", {})
    two = action("two", bash("say __a__:value"))
    return running(document(first, two, **says))


def test_a_result_that_names_the_variable_assigns_it() -> None:
    story = giving("__a__", playbook_variables={"__a__": variable("old")})
    story.complete("one", {"body": {"__a__": 5, "__b__": 6}})
    assert assigned(story) == {"": {"__a__": "5"}}
    assert asked(story, "two") == "say 5"


def test_the_whole_result_is_that_of_an_only_variable() -> None:
    story = giving("__a__")
    story.complete("one", {"status": 200, "body": "seen"})
    assert asked(story, "two") == "say seen"


def test_only_what_a_step_gives_flows_back() -> None:
    story = giving("__a__", "__c__", playbook_variables={"__b__": variable("kept")})
    story.complete("one", {"a": "1", "b": "2"})
    assert assigned(story) == {"": {"__a__": "1"}}


def test_a_result_outlives_the_step_that_declares_its_variable() -> None:
    story = giving("__a__", own={"__a__": variable()})
    story.complete("one", {"stdout": "seen"})
    assert asked(story, "two") == "say seen"


def test_a_constant_refuses_to_be_assigned() -> None:
    story = giving("__a__", playbook_variables={"__a__": variable("x", constant=True)})
    assert story.complete("one", {"a": "y"})[0] == "StepFailed one"
    error = story.execution.steps["one"].error
    assert error is not None
    assert error["code"] == "constant_variable"


def test_a_value_of_another_type_fails_the_step() -> None:
    story = giving("__a__", playbook_variables={"__a__": variable(kind="integer")})
    story.complete("one", {"a": "many"})
    assert story.status("one") is StepStatus.FAILED


def test_a_result_that_was_cut_assigns_nothing() -> None:
    story = giving("__a__")
    story.complete("one", "x" * 10, output_truncated=True)
    assert story.status("one") is StepStatus.FAILED


def counting() -> Story:
    """Return a loop whose counter is a variable of the loop itself."""
    loop = {
        "name": "while-condition loop",
        "condition": "[__n__:value < 3]",
        "step_variables": {"__n__": variable("0", "integer")},
        "on_true": "action add",
        "on_completion": "action after",
    }
    add = action("add", bash("add 1 to __n__:value"), out_args=["__n__"])
    after = action("after", bash("say __n__:value"))
    declared = {"__n__": variable("99", "integer")}
    return running(document(loop, add, after, playbook_variables=declared))


def test_a_loop_goes_round_until_its_condition_no_longer_holds() -> None:
    story = counting()
    said = []
    for number in ("1", "2", "3"):
        said.append(asked(story, "add"))
        told = story.complete("add", {"stdout": number})
    assert said == ["add 1 to 0", "add 1 to 1", "add 1 to 2"]
    assert told == ["StepCompleted add", "StepCompleted loop", "StepStarted after"]


def test_a_variable_of_a_step_is_gone_with_it() -> None:
    story = counting()
    for number in ("1", "2", "3"):
        story.complete("add", {"stdout": number})
    assert assigned(story) == {}
    assert asked(story, "after") == "say 99"


def test_time_travel_shows_the_variables_of_then() -> None:
    story = counting()
    story.complete("add", {"stdout": "1"})
    then = len(story.events)
    story.complete("add", {"stdout": "2"})
    assert assigned(story) == {"loop/1.1/": {"__n__": "2"}}
    story.events = story.events[:then]
    assert assigned(story) == {"loop/1.1/": {"__n__": "1"}}


def test_a_run_from_what_failed_goes_on_with_the_variables() -> None:
    first = action("one", bash("look"), out_args=["__a__"], on_success="action two")
    two = action("two", bash("say __a__:value"), on_success="end")
    story = running(document(first, two))
    story.complete("one", {"a": "seen"})
    story.fail("two")
    found = rerun(story.execution, story.graph, from_start=False)
    assert isinstance(found, Rerun)
    further = Story(story.graph, execution_id="pexec-2")
    further.start(event=None, rerun_of=story.execution_id, **found._asdict())
    assert asked(further, "two") == "say seen"


def test_a_snapshot_has_the_variables() -> None:
    story = counting()
    story.complete("add", {"stdout": "1"})
    assert from_json(to_json(story.execution)) == story.execution


def test_a_condition_about_an_unknown_variable_says_so() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__verdict__:value = 'bad'",
        "on_true": "action a",
    }
    story = running(document(ask, action("a")))
    assert story.execution.steps["ask"].output["unknown"] == ["__verdict__"]


def test_a_command_that_is_tried_again_asks_for_what_it_asked_at_first() -> None:
    declared = {"__ip__": variable("10.0.0.1", "ipv4-addr")}
    story = running(document(one("block __ip__:value"), playbook_variables=declared))
    assert story.fail("one", retryable=True) == ["StepRetryScheduled one"]
    story.fire_next()
    run = story.execution.steps["one"]
    assert (run.attempt, run.status, asked(story, "one")) == (
        2,
        StepStatus.RUNNING,
        "block 10.0.0.1",
    )
