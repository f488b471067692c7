"""Warnings over HTTP: of a valid document, what is hardly meant where it is to run."""

from typing import Any

import pytest

from tests.api.rest.client import Client, playbook
from tests.examples import action, step

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def verdict(client: Client, *steps: dict[str, Any], **says: Any) -> dict[str, Any]:
    found: dict[str, Any] = (
        await client.post("/api/playbooks/validate", playbook(*steps, **says))
    ).data
    return found


async def test_what_is_hardly_meant_is_told_and_still_valid(client: Client) -> None:
    found = await verdict(
        client,
        action("notify", action_ref="act-slack-notfy"),
        step("call", "playbook", playbook_id="pb-nowhere"),
        trigger={"event": "finding.new"},
    )
    assert (found["valid"], found["errors"]) == (True, [])
    told = {each["pointer"]: each["message"] for each in found["warnings"]}
    assert set(told) == {"/trigger", "/steps/0/action_ref", "/steps/1/playbook_id"}
    assert "did you mean act-slack-notify" in told["/steps/0/action_ref"]


async def test_a_playbook_that_is_there_can_be_called(client: Client) -> None:
    playbook_id = await client.create()
    found = await verdict(client, step("call", "playbook", playbook_id=playbook_id))
    assert found["warnings"] == []


async def test_of_an_invalid_document_only_its_errors_are_told(client: Client) -> None:
    found = await verdict(client, action("notify", action_ref="act-slack-notfy"), version="1")
    assert [each["pointer"] for each in found["errors"]] == ["/version"]
    assert found["warnings"] == []
