"""Commands of imported playbooks: sent to the letter, or handed to what the operator named."""

from base64 import b64encode
from typing import Any

import pytest

from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from streams.actions.actions_file import ActionsFileError
from tests.streams.actions.attempts import attempt, failure, running

BASH = {"command": {"type": "bash", "command": "whoami"}, "target": {"type": "linux"}}


def asked(stand_in: StandIn, **says: Any) -> dict[str, Any]:
    return {"url": f"{stand_in.base_url}/hooks/here", "method": "POST"} | says


async def test_an_http_command_is_sent_to_the_letter(actions: Actions, stand_in: StandIn) -> None:
    said = asked(stand_in, content='{"a":  1}', headers={"X-One": "1, 2"})
    output = await actions.run(attempt("cacao:http-api", said))
    [received] = stand_in.received
    assert (received.body, received.headers["x-one"]) == ({"a": 1}, "1, 2")
    assert received.headers["content-type"] == "application/json"
    assert output["status"] == 200


async def test_a_user_and_a_secret_are_basic_authentication(
    actions: Actions, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_CACAO_X", "hunter2")
    said = asked(stand_in, user="root", password="{{ secrets.CACAO_X }}")
    secrets = {"/password": ({"secret": "CACAO_X"},)}
    await actions.run(attempt("cacao:http-api", said, secrets=secrets))
    expected = b64encode(b"root:hunter2").decode()
    assert stand_in.received[0].headers["authorization"] == f"Basic {expected}"


async def test_a_token_stands_in_the_header_of_the_document(
    actions: Actions, stand_in: StandIn
) -> None:
    said = asked(stand_in, token="t0ken", token_header="X-Token")
    await actions.run(attempt("cacao:http-api", said))
    assert stand_in.received[0].headers["x-token"] == "t0ken"


async def test_a_command_without_an_address_goes_where_the_operator_says(
    stand_in: StandIn,
) -> None:
    entry = {"connector": "http-api", "base_url": f"{stand_in.base_url}/hooks"}
    async with running({"cacao:http-api": entry}) as actions:
        await actions.run(attempt("cacao:http-api", {"url": "/here", "method": "GET"}))
    assert stand_in.received[0].path == "/hooks/here"


async def test_a_command_without_an_address_fails_when_the_operator_says_none(
    actions: Actions,
) -> None:
    error = await failure(actions, attempt("cacao:http-api", {"url": "/x", "method": "GET"}))
    assert error.code == "invalid_parameters"
    assert "base_url" in str(error)


async def test_a_command_of_another_type_is_refused_with_what_to_do(actions: Actions) -> None:
    error = await failure(actions, attempt("cacao:bash", BASH))
    assert error.code == "unmapped_command"
    assert "cacao:bash: {connector: webhook, url: …}" in str(error)


async def test_a_mapped_command_is_handed_over_whole(stand_in: StandIn) -> None:
    entry = {"connector": "webhook", "url": f"{stand_in.base_url}/hooks/runner"}
    async with running({"cacao:bash": entry}) as actions:
        await actions.run(attempt("cacao:bash", BASH))
    assert stand_in.received[0].body == BASH


async def test_a_command_may_only_be_logged() -> None:
    async with running({"cacao:bash": {"connector": "log"}}) as actions:
        assert await actions.run(attempt("cacao:bash", BASH)) == {"asked": BASH}


@pytest.mark.parametrize("connector", ["slack", "jira", "http-api"])
def test_what_cannot_pass_on_a_command_cannot_be_named(connector: str) -> None:
    with pytest.raises(ActionsFileError, match=r"cacao:bash: .*(webhook|nothing else)"):
        Actions({"cacao:bash": {"connector": connector}})
