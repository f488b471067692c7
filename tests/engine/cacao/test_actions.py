"""Actions of a workflow: commands in order on every target, manual work, delays, time."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.executions import Status, StepStatus
from tests.engine.cacao.documents import action, bash, document, key, variable
from tests.engine.cacao.stories import assigned, ready, running
from tests.examples import Story, code

TARGETS = {
    "linux--1": {"type": "linux", "name": "web", "address": {"ipv4": ["10.0.0.1"]}},
    "linux--2": {"type": "linux", "name": "db", "address": {"ipv4": ["10.0.0.2"]}},
}


def manual(name: str, command: str = "Look at it", **says: Any) -> dict[str, Any]:
    return action(name, {"type": "manual", "command": command}, **says)


def error_code(story: Story, step_id: str) -> str:
    error = story.execution.steps[step_id].error
    assert error is not None
    return str(error["code"])


def test_commands_run_in_order_each_on_every_target() -> None:
    step = action("work", bash("one"), bash("two"), targets=["linux--1", "linux--2"])
    story = running(document(step, action("after"), target_definitions=TARGETS))
    asked = []
    for number in range(1, 5):
        said = story.execution.steps[f"work.{number}"].input
        asked.append((said["command"]["command"], said["target"]["name"]))
        last = story.complete(f"work.{number}")
    assert asked == [("one", "web"), ("one", "db"), ("two", "web"), ("two", "db")]
    assert last == ["StepCompleted work.4", "StepCompleted work", "ExecutionCompleted"]


def test_a_command_that_fails_keeps_the_next_from_running() -> None:
    step = action("work", bash("one"), bash("two"), on_success="end", on_failure="action mend")
    story = running(document(step, action("mend")))
    assert story.fail("work.1") == [
        "StepFailed work.1",
        "StepFailed work",
        "StepStarted mend",
    ]
    assert story.status("work.2") is StepStatus.PENDING


def test_a_command_sees_what_the_one_before_it_has_given() -> None:
    step = action("work", bash("look"), bash("use __a__:value"), out_args=["__a__"])
    story = running(document(step, playbook_variables={"__a__": variable("old")}))
    story.complete("work.1", {"a": "new"})
    assert story.execution.steps["work.2"].input["command"]["command"] == "use new"


def test_what_several_commands_give_to_a_variable_of_their_step_is_returned_with_it() -> None:
    step = action(
        "work",
        bash("look"),
        bash("use __a__:value"),
        out_args=["__a__"],
        step_variables={"__a__": variable()},
    )
    story = running(document(step))
    story.complete("work.1", {"a": "1"})
    assert assigned(story) == {"work/1.1/": {"__a__": "1"}}
    story.complete("work.2", {"a": "2"})
    assert assigned(story) == {"": {"__a__": "2"}}


def test_manual_work_waits_for_somebody_who_confirms_it() -> None:
    story = running(document(manual("look")))
    assert story.told[1:] == ["StepStarted look", "StepWaiting look"]
    assert story.execution.steps["look"].waiting.message == "Look at it"  # type: ignore[union-attr]
    assert story.approve("look")[-1] == "ExecutionCompleted"


def test_what_manual_work_gives_comes_with_the_confirmation() -> None:
    step = manual("look", out_args=["__verdict__"])
    story = running(document(step, playbook_variables={"__verdict__": variable()}))
    assert code(story.approve("look")) == "output_required"
    story.approve("look", output={"verdict": "malicious"})
    assert assigned(story) == {"": {"__verdict__": "malicious"}}


def test_a_confirmation_with_a_value_of_another_type_is_refused() -> None:
    step = manual("look", out_args=["__n__"])
    story = running(document(step, playbook_variables={"__n__": variable(kind="integer")}))
    assert code(story.approve("look", output={"n": "many"})) == "invalid_variable"


def test_manual_work_that_nobody_does_in_time_follows_on_failure() -> None:
    step = manual("look", timeout=60_000, on_success="end", on_failure="action mend")
    story = running(document(step, action("mend")))
    assert story.fire_next() == ["StepFailed look", "StepStarted mend"]
    assert error_code(story, "look") == "timed_out"


def test_a_delay_passes_before_the_step_starts() -> None:
    story = running(document(action("one", delay=90_000)))
    assert story.told[1:] == ["StepStarted one.delay", "StepWaiting one.delay"]
    due_at = story.events[-1].due_at  # type: ignore[union-attr]
    assert due_at == story.at + timedelta(seconds=90)
    assert story.fire_next() == ["StepCompleted one.delay", "StepStarted one"]


def test_a_timeout_counts_from_the_start_of_the_step_and_leads_to_on_failure() -> None:
    step = action("one", delay=1_000, timeout=5_000, on_success="end", on_failure="action mend")
    story = running(document(step, action("mend")))
    story.fire_next()
    assert story.fire_next() == ["StepFailed one", "StepStarted mend"]
    assert error_code(story, "one") == "timed_out"


def test_a_timeout_of_several_commands_is_that_of_all_of_them() -> None:
    step = action("work", bash("one"), bash("two"), timeout=5_000, on_success="end")
    story = running(document(step))
    assert story.fire_next()[:2] == ["StepCancelled work.1", "StepFailed work"]


def test_a_timeout_of_a_branch_stops_what_runs_in_it() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__x__:value",
        "on_true": "action slow",
        "timeout": 5_000,
        "on_success": "end",
        "on_failure": "action mend",
    }
    steps = (ask, action("slow"), action("mend"))
    story = running(document(*steps, playbook_variables={"__x__": variable("yes")}))
    assert story.fire_next() == ["StepCancelled slow", "StepFailed ask", "StepStarted mend"]


def test_on_completion_goes_on_whatever_the_outcome() -> None:
    story = running(document(action("one", on_completion="action two"), action("two")))
    assert story.fail("one") == ["StepFailed one", "StepStarted two"]


def test_a_failure_that_nothing_handles_fails_the_run() -> None:
    story = running(document(action("one", on_success="action two"), action("two")))
    assert story.fail("one")[-1] == "ExecutionFailed"


@pytest.fixture
def excepting() -> Story:
    """A run whose failures lead to two steps; one of them is a step of the flow, too."""
    steps = (
        action("one", on_success="action tell"),
        action("tell", on_success="end"),
        action("mend", on_success="action tell"),
    )
    return running(document(*steps, workflow_exception=key("action mend")))


def test_the_exception_step_is_run_and_then_the_run_has_failed(excepting: Story) -> None:
    assert excepting.fail("one") == ["StepFailed one", "StepSkipped tell", "StepStarted mend"]
    assert excepting.complete("mend") == ["StepCompleted mend", "StepStarted tell.copy2"]
    assert excepting.complete("tell.copy2") == ["StepCompleted tell.copy2", "ExecutionFailed"]
    assert excepting.execution.reason == "step one failed: it broke"


def test_a_failure_while_a_failure_is_handled_ends_the_run(excepting: Story) -> None:
    excepting.fail("one")
    assert excepting.fail("mend")[-1] == "ExecutionFailed"


def test_a_pause_holds_the_handling_of_a_failure(excepting: Story) -> None:
    excepting.pause()
    assert excepting.fail("one") == ["StepFailed one", "StepSkipped tell"]
    assert excepting.resume() == ["ExecutionResumed", "StepStarted mend"]
    excepting.complete("mend")
    assert excepting.complete("tell.copy2")[-1] == "ExecutionFailed"


def test_a_dry_run_takes_manual_work_for_done() -> None:
    story = ready(document(manual("look", out_args=["__verdict__"])))
    story.start(event=None, parameters={}, dry_run=True)
    assert story.execution.status is Status.COMPLETED


def refused(**says: Any) -> str:
    return code(ready(document(action("one"), **says)).start(event=None, parameters={}))


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"valid_from": "2026-03-02T00:00:00.000Z"}, "not_yet_valid"),
        ({"valid_until": "2026-03-01T00:00:00.000Z"}, "no_longer_valid"),
    ],
)
def test_a_run_is_refused_when_its_author_does_not_want_it(
    says: dict[str, Any], reason: str
) -> None:
    assert refused(**says) == reason


def test_a_run_of_what_cannot_be_decided_is_refused_with_the_reason() -> None:
    ask = {"name": "if-condition ask", "condition": "is it bad?", "on_true": "action a"}
    rejection = ready(document(ask, action("a"))).start(event=None, parameters={})
    assert code(rejection) == "not_executable"
    assert "is it bad?" in rejection.reason  # type: ignore[union-attr]
