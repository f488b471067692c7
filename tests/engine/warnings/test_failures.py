"""Warnings about what waits for ever, and what goes on although it should not."""

from typing import Any

import pytest

from tests.engine.warnings.warned import document, warned
from tests.examples import action, step


def ask(**says: Any) -> dict[str, Any]:
    return step("ask", "approval", **({"timeout_seconds": 60} | says))


def test_an_approval_that_nothing_ends_is_warned_of() -> None:
    assert "waits for ever" in warned(document(ask(timeout_seconds=None)))["/steps/0"]
    assert warned(document(ask(timeout_seconds=None), timeout_minutes=30)) == {}
    assert warned(document(ask())) == {}


@pytest.mark.parametrize(
    ("says", "playbook", "pointer"),
    [
        ({"on_failure": "continue"}, {}, "/steps/0/on_failure"),
        ({"on_failure": "isolate"}, {}, "/steps/0/on_failure"),
        ({}, {"on_failure": "continue"}, "/steps/0"),
    ],
    ids=["continue", "the same step", "the playbook's continue"],
)
def test_a_rejection_that_goes_on_like_an_approval_is_warned_of(
    says: dict[str, Any], playbook: dict[str, Any], pointer: str
) -> None:
    said = document(ask(on_success="isolate", **says), action("isolate"), **playbook)
    assert warned(said) == {
        pointer: "a rejection goes on to isolate, as an approval does: "
        "say on_failure: abort, end or another step"
    }


@pytest.mark.parametrize("on_failure", [None, "abort", "end", "tell"])
def test_a_rejection_that_goes_elsewhere_is_fine(on_failure: str | None) -> None:
    said = (
        document(ask(on_failure=on_failure), action("isolate", on_success="end"), action("tell"))
        if on_failure == "tell"
        else document(ask(on_failure=on_failure), action("isolate"))
    )
    assert warned(said) == {}


def test_a_retry_that_tries_nothing_again_is_warned_of() -> None:
    assert list(warned(document(on_failure="retry"))) == ["/on_failure"]
    assert list(warned(document(max_retries=2))) == ["/max_retries"]
    assert warned(document(on_failure="retry", max_retries=2)) == {}
    assert warned(document(on_failure="abort", max_retries=0)) == {}


def test_times_that_the_execution_does_not_live_to_see_are_warned_of() -> None:
    said = document(
        action("one", timeout_seconds=61), step("wait", "delay", duration="1m"), timeout_minutes=1
    )
    found = warned(said)
    assert set(found) == {"/steps/0/timeout_seconds", "/steps/1/duration"}
    assert "timeout_minutes: 1" in found["/steps/1/duration"]
    assert warned(said | {"timeout_minutes": 2}) == {}


def test_a_decision_that_decides_nothing_is_warned_of() -> None:
    decide = step("decide", "condition", expression="finding.a")
    which = step("which", "switch", expression="finding.a", cases={"x": "end"}, default="end")
    found = warned(document(decide, which))
    assert found == {
        "/steps/0": "decides nothing: it goes to which in any case",
        "/steps/1": "decides nothing: it goes to end in any case",
    }
