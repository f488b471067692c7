"""Commands that start an execution, against a system that runs."""

from pathlib import Path

from tests.api.cli.files import playbook_file
from tests.api.cli.shell import Shell
from tests.examples import action


def test_a_run_that_is_waited_for_ends_as_the_execution_does(up: Shell, tmp_path: Path) -> None:
    greet = action("greet", parameters={"text": "{{ parameters.text }}"})
    up("apply", playbook_file(tmp_path, "pb-run", steps=[greet]))
    ran = up.json("run", "pb-run", "-p", "text=hello", "--asset", "a-1", "--wait")
    assert (ran["status"], ran["asset_id"]) == ("completed", "a-1")
    [step] = up.json("steps", ran["execution_id"])
    assert step["output"] == {"text": "hello"}
    failed = up.json("run", "pb-run", "--wait", code=1)
    assert failed["status"] == "failed"


def test_the_same_idempotency_key_starts_the_same_execution(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-once"))
    ids = {up.json("run", "pb-once", "--idempotency-key", "k-1")["execution_id"] for _ in range(2)}
    assert len(ids) == 1


def test_what_failed_is_run_again_with_another_parameter(up: Shell, tmp_path: Path) -> None:
    greet = action("greet", parameters={"text": "{{ parameters.text }}"})
    up("apply", playbook_file(tmp_path, "pb-rerun", steps=[action("first"), greet]))
    failed = up.json("run", "pb-rerun", "--wait", code=1)["execution_id"]
    ran = up.json("rerun", failed, "--param", "text=hello", "--wait")
    assert (ran["status"], ran["rerun_of"]) == ("completed", failed)
    assert [step["attempts"] for step in up.json("steps", ran["execution_id"])] == [0, 1]
    again = up.json("rerun", ran["execution_id"], "--from", "start", "--wait")
    assert [step["attempts"] for step in up.json("steps", again["execution_id"])] == [1, 1]
    said = up.complaint("rerun", ran["execution_id"])
    assert '"from": "start"' in said


def test_what_waits_for_people_is_listed_until_it_is_decided(up: Shell, tmp_path: Path) -> None:
    assert up("approvals") == "nothing waits for people\n"
    ask = {"id": "ask", "type": "approval", "message": "Isolate it?"}
    up("apply", playbook_file(tmp_path, "pb-ask", steps=[ask]))
    execution_id = up.json("run", "pb-ask")["execution_id"]
    [waiting] = up.json("approvals")
    assert (waiting["execution_id"], waiting["step_id"]) == (execution_id, "ask")
    assert "Isolate it?" in up("approvals")
    up("approve", execution_id, "ask")
    assert up.json("approvals") == []
