"""The playbooks of others, run by the engine: every one that can start comes to its end."""

from pathlib import Path
from typing import Any

import pytest

from schemas.executions import UNDER_WAY, Status, StepStatus
from tests.engine.cacao.documents import loaded, real
from tests.engine.cacao.stories import ready
from tests.engine.cacao.test_importing import UNFIT
from tests.examples import Story

STARTABLE = [path for path in real() if path.name not in UNFIT]
GIVEN = {"email_id": "m-1", "target_ip": "192.0.2.7", "openc2_actuator_ip": "192.0.2.8"}
VALUES = {
    "__hyperspeed_ready__": "true",
    "verdict": "malicious",
    "sender_address": "eve@example.com",
    "malicious_urls": ["http://bad.example"],
    "severity_score": 90,
}
"""What the stand-ins answer: whatever of it a step gives is taken."""

UNGIVEN = {
    "extract-iocs": "missing_variable",
    "check-url-reputation": "missing_variable",
    "check-sender-reputation": "missing_variable",
    "update-case-status": "missing_variable",
}
"""Steps of others that use variables which nobody ever gives a value."""


def run_to_the_end(story: Story) -> None:
    """Answer every command, and confirm all manual work, until nothing is under way."""
    rounds = 0
    while waiting := [r for r in story.execution.steps.values() if r.status in UNDER_WAY]:
        rounds += 1
        assert rounds < 100, "the run does not come to its end"
        for run in waiting:
            if run.type == "command":
                counts = run.id == "increment-the-counter"
                answer = {"stdout": str(run.visit)} if counts else {"status": 200, "body": VALUES}
                story.complete(run.id, answer)
            elif run.type == "manual":
                story.approve(run.id, output=VALUES)


@pytest.mark.parametrize("path", STARTABLE, ids=lambda path: path.name)
def test_a_playbook_of_others_comes_to_its_end(path: Path) -> None:
    whole = loaded(path)
    story = ready(whole)
    names = {name.strip("_$") for name in whole.get("playbook_variables", {})}
    given = {name: value for name, value in GIVEN.items() if name in names}
    if "var1" in names and path.parent.name == "routes":
        given["var1"] = "x"
    story.start(event=None, trigger="manual", parameters=given)
    run_to_the_end(story)
    assert story.execution.status is Status.COMPLETED, story.execution.reason
    failed = {r.id: code(r.error) for r in story.execution.steps.values() if r.error is not None}
    assert failed.items() <= UNGIVEN.items()
    ends = {StepStatus.COMPLETED, StepStatus.SKIPPED, StepStatus.FAILED}
    assert {run.status for run in story.execution.steps.values()} <= ends


def code(error: dict[str, Any]) -> str:
    return str(error["code"])


def test_a_loop_of_others_goes_round_until_its_condition_no_longer_holds() -> None:
    path = next((each for each in STARTABLE if each.name == "executable-playbooks.0.json"), None)
    if path is None:
        pytest.skip("the files of others are not here")
    story = ready(loaded(path))
    given = {"__target_ip__": "192.0.2.7", "__openc2_actuator_ip__": "192.0.2.8"}
    story.start(event=None, trigger="manual", parameters=given)
    story.complete("get-current-time-current-system", {"stdout": "24-12-2024"})
    story.complete("perform-an-http-request", {"status": 200, "body": {}})
    for number in range(1, 6):
        story.complete("increment-the-counter", {"stdout": str(number)})
    story.complete("send-openc2-command", {})
    assert story.execution.status is Status.COMPLETED
    assert story.execution.steps["while-the-counter-is-not-5"].output == {"iterations": 5}
    assert story.execution.variables[""]["__soarca_ssh_result__"] == "24-12-2024"


def test_a_branch_of_others_is_chosen_by_what_people_found() -> None:
    path = next((each for each in STARTABLE if each.name == "phishing-investigation.json"), None)
    if path is None:
        pytest.skip("the files of others are not here")
    story = ready(loaded(path))
    story.start(event=None, trigger="manual", parameters={"verdict": "malicious"})
    run_to_the_end(story)
    assert story.status("delete-phishing-emails") is StepStatus.COMPLETED
    assert story.status("update-case-benign") is StepStatus.SKIPPED
