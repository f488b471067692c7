"""Branches of a workflow: subroutines that return to the step that opened them."""

from typing import Any

from schemas.executions import Status, StepStatus
from tests.engine.cacao.documents import action, document, variable
from tests.engine.cacao.stories import running
from tests.examples import Story


def asking(value: str, **says: Any) -> Story:
    """Return a run that asks for the severity, with a branch for yes and one for no."""
    ask = {
        "name": "if-condition ask",
        "condition": "__severity__:value = 'high'",
        "on_true": "action isolate",
        "on_false": "action note",
        "on_completion": "action after",
        **says,
    }
    declared = {"__severity__": variable(value)}
    return running(
        document(
            ask, action("isolate"), action("note"), action("after"), playbook_variables=declared
        )
    )


def test_a_branch_returns_to_the_step_that_opened_it() -> None:
    story = asking("high")
    assert story.told[1:] == ["StepStarted ask", "StepStarted isolate"]
    assert story.complete("isolate") == [
        "StepCompleted isolate",
        "StepCompleted ask",
        "StepSkipped note",
        "StepStarted after",
    ]
    assert story.complete("after")[-1] == "ExecutionCompleted"


def test_the_other_branch_is_run_when_the_condition_does_not_hold() -> None:
    assert asking("low").told[-1] == "StepStarted note"


def test_what_was_decided_can_be_read() -> None:
    said = {"condition": "__severity__:value = 'high'", "result": True, "next": "isolate"}
    story = asking("high")
    assert story.execution.steps["ask"].input == said
    story.complete("isolate")
    assert story.execution.steps["ask"].output == said


def test_without_another_branch_the_flow_goes_on_at_once() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__severity__:value = 'high'",
        "on_true": "action isolate",
        "on_completion": "action after",
    }
    story = running(
        document(
            ask,
            action("isolate"),
            action("after"),
            playbook_variables={"__severity__": variable("low")},
        )
    )
    assert story.told[1:] == [
        "StepStarted ask",
        "StepCompleted ask",
        "StepSkipped isolate",
        "StepStarted after",
    ]


def test_two_branches_may_share_steps_and_their_end() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__severity__:value = 'high'",
        "on_true": "action isolate",
        "on_false": "action note",
        "on_completion": "action after",
    }
    steps = (
        ask,
        action("isolate", on_completion="action tell"),
        action("note", on_completion="action tell"),
        action("tell"),
        action("after"),
    )
    declared = {"__severity__": variable("low")}
    story = running(document(*steps, playbook_variables=declared))
    assert story.complete("note") == ["StepCompleted note", "StepStarted tell"]
    assert story.complete("tell")[-1] == "StepStarted after"


def test_branches_return_one_after_the_other_out_of_each_other() -> None:
    outer = {
        "name": "if-condition outer",
        "condition": "__x__:value",
        "on_true": "if-condition inner",
        "on_completion": "action after",
    }
    inner = {
        "name": "if-condition inner",
        "condition": "__x__:value",
        "on_true": "action deep",
        "on_completion": "action between",
    }
    steps = (outer, inner, action("deep"), action("between"), action("after"))
    story = running(document(*steps, playbook_variables={"__x__": variable("true", "bool")}))
    assert story.complete("deep")[-1] == "StepStarted between"
    assert story.execution.steps["between"].frame == "outer/1.1/0"
    assert story.complete("between")[-2:] == ["StepCompleted outer", "StepStarted after"]


def test_a_step_of_a_branch_may_be_come_to_again_after_it() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__x__:value",
        "on_true": "action tell",
        "on_completion": "action tell",
    }
    story = running(document(ask, action("tell"), playbook_variables={"__x__": variable("true")}))
    assert story.complete("tell") == ["StepCompleted tell", "StepCompleted ask", "StepStarted tell"]
    assert story.complete("tell")[-1] == "ExecutionCompleted"
    assert story.execution.steps["tell"].visit == 2


def test_a_switch_runs_the_branch_of_the_value() -> None:
    choose = {
        "name": "switch-condition choose",
        "switch": "__kind__:value",
        "cases": {"host": "action isolate", "mail": "action purge", "default": "action note"},
        "on_completion": "action after",
    }
    steps = (choose, action("isolate"), action("purge"), action("note"), action("after"))
    taken = {}
    for kind in ("host", "mail", "unheard"):
        story = running(document(*steps, playbook_variables={"__kind__": variable(kind)}))
        taken[kind] = story.told[-1]
        step_id = taken[kind].split()[1]
        assert story.complete(step_id)[-1] == "StepStarted after"
    assert taken == {
        "host": "StepStarted isolate",
        "mail": "StepStarted purge",
        "unheard": "StepStarted note",
    }


def test_a_switch_without_a_case_goes_on() -> None:
    choose = {
        "name": "switch-condition choose",
        "switch": "__kind__:value",
        "cases": {"host": "action isolate"},
        "on_completion": "action after",
    }
    steps = (choose, action("isolate"), action("after"))
    story = running(document(*steps, playbook_variables={"__kind__": variable("mail")}))
    assert story.told[-1] == "StepStarted after"
    assert story.status("isolate") is StepStatus.SKIPPED


def forked(**says: Any) -> Story:
    fork = {
        "name": "parallel fork",
        "next_steps": ["action a", "action b"],
        "on_success": "action after",
        **says,
    }
    return running(
        document(
            fork,
            action("a", on_success="action tell"),
            action("b", on_success="action tell"),
            action("tell", on_success="end"),
            action("after"),
            action("mend"),
        )
    )


def test_branches_run_at_once_each_with_its_own_run_of_a_shared_step() -> None:
    story = forked()
    assert story.told[1:] == ["StepStarted fork", "StepStarted a", "StepStarted b"]
    story.complete("a")
    story.complete("b")
    assert story.told[-2:] == ["StepCompleted b", "StepStarted tell.copy2"]
    assert story.status("tell") is StepStatus.RUNNING
    assert story.complete("tell") == ["StepCompleted tell"]
    assert story.complete("tell.copy2") == [
        "StepCompleted tell.copy2",
        "StepCompleted fork",
        "StepStarted after",
    ]


def test_a_failed_branch_waits_for_the_others_before_it_fails_the_step() -> None:
    story = forked(on_failure="action mend")
    assert story.fail("a") == ["StepFailed a"]
    story.complete("b")
    assert story.complete("tell.copy2") == [
        "StepCompleted tell.copy2",
        "StepFailed fork",
        "StepStarted mend",
    ]


def test_the_last_branch_to_fail_fails_the_step_too() -> None:
    story = forked(on_failure="action mend")
    story.complete("a")
    story.complete("tell")
    assert story.fail("b") == ["StepFailed b", "StepFailed fork", "StepStarted mend"]


def test_a_branch_that_is_only_an_end_is_over_at_once() -> None:
    fork = {"name": "parallel fork", "next_steps": ["action a", "end"], "on_completion": "action b"}
    story = running(document(fork, action("a"), action("b")))
    assert story.complete("a") == ["StepCompleted a", "StepCompleted fork", "StepStarted b"]


def test_pause_holds_a_branch_and_resume_returns_from_it() -> None:
    story = asking("high")
    story.pause()
    assert story.complete("isolate") == ["StepCompleted isolate"]
    assert story.resume() == [
        "ExecutionResumed",
        "StepCompleted ask",
        "StepSkipped note",
        "StepStarted after",
    ]


def test_a_failure_in_a_branch_is_handled_by_the_step_that_opened_it() -> None:
    ask = {
        "name": "if-condition ask",
        "condition": "__x__:value",
        "on_true": "action isolate",
        "on_success": "action after",
        "on_failure": "action mend",
    }
    steps = (ask, action("isolate", on_success="end"), action("after"), action("mend"))
    story = running(document(*steps, playbook_variables={"__x__": variable("1", "integer")}))
    assert story.fail("isolate") == ["StepFailed isolate", "StepFailed ask", "StepStarted mend"]
    assert story.complete("mend")[-1] == "ExecutionCompleted"
    assert story.execution.status is Status.COMPLETED
