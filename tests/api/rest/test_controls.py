"""Controls over HTTP: pause and resume, approve and reject, cancel."""

import pytest

from tests.api.rest.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXECUTIONS = "/api/playbooks/executions"
LOG = {"id": "log", "type": "action", "action_ref": "act-log", "parameters": {"a": 1}}


def asking(**says: object) -> dict[str, object]:
    return {"id": "ask", "type": "approval", "message": "Isolate it?"} | says


async def waiting(client: Client, *steps: dict[str, object]) -> str:
    """Start a playbook of these steps and return the path of its execution, which is paused."""
    playbook_id = await client.create(*steps)
    reply = await client.post(f"/api/playbooks/{playbook_id}/run")
    path = f"{EXECUTIONS}/{reply.data['execution_id']}"
    # Each answer waits for the one before; the test's own time limit ends this.
    while (await client.get(path)).data["status"] != "paused":
        pass
    return path


async def ended(client: Client, path: str) -> str:
    """Return the status of an execution once it has ended."""
    status: str = (await client.ended(path.rpartition("/")[2]))["status"]
    return status


async def test_an_execution_that_waits_for_approval_is_paused_and_says_for_what(
    client: Client,
) -> None:
    path = await waiting(client, asking(approvers=["admin"]), LOG)
    assert (await client.get(path)).data["current_step"] == "ask"
    step, _ = (await client.get(f"{path}/steps")).data
    assert step["status"] == "waiting"
    assert (step["waiting"]["message"], step["waiting"]["approvers"]) == ("Isolate it?", ["admin"])


async def test_an_approval_lets_it_go_on_and_is_recorded_with_who_and_note(client: Client) -> None:
    path = await waiting(client, asking(), LOG)
    reply = await client.post(f"{path}/steps/ask/approve", {"note": "go"})
    assert reply.status == 200
    step, _ = (await client.get(f"{path}/steps")).data
    [granted] = step["waiting"]["granted"]
    assert (granted["by"], granted["note"]) == ("admin", "go")
    assert await ended(client, path) == "completed"


async def test_a_rejection_fails_it(client: Client) -> None:
    path = await waiting(client, asking(), LOG)
    reply = await client.post(f"{path}/steps/ask/reject", {"note": "no"})
    assert (reply.status, reply.data["status"]) == (200, "failed")
    assert reply.data["reason"] == "step ask failed: rejected by admin: no"


async def test_who_is_no_approver_is_forbidden(client: Client) -> None:
    path = await waiting(client, asking(approvers=["bob"]), LOG)
    reply = await client.post(f"{path}/steps/ask/approve")
    assert reply.refusal == (403, "not_an_approver")


async def test_a_step_that_does_not_wait_or_is_not_there_cannot_be_approved(
    client: Client,
) -> None:
    path = await waiting(client, asking(), LOG)
    assert (await client.post(f"{path}/steps/log/approve")).refusal == (409, "not_waiting")
    assert (await client.post(f"{path}/steps/nope/approve")).refusal == (404, "step_not_found")


async def test_a_paused_execution_goes_on_when_it_is_resumed(client: Client) -> None:
    path = await waiting(client, asking(), LOG)
    assert (await client.post(f"{path}/pause", {"note": "freeze"})).status == 200
    assert (await client.post(f"{path}/pause")).refusal == (409, "already_paused")
    await client.post(f"{path}/steps/ask/approve")
    _, log = (await client.get(f"{path}/steps")).data
    assert log["status"] == "pending"
    assert (await client.post(f"{path}/resume")).status == 200
    assert await ended(client, path) == "completed"


async def test_a_cancel_with_undo_takes_back_what_was_done(client: Client) -> None:
    undo = {"action_ref": "act-log", "parameters": {"back": "{{ steps.log.output.a }}"}}
    path = await waiting(client, LOG | {"undo": undo}, asking())
    reply = await client.post(f"{path}/cancel", {"undo": True})
    assert (reply.status, reply.data["status"]) == (200, "cancelled")
    # It starts on its own, behind the answer; the test's own time limit ends this.
    while not (listed := (await client.get(EXECUTIONS, trigger="undo")).data):
        pass
    assert [each["undo_of"] for each in listed] == [reply.data["execution_id"]]
