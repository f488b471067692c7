"""Webhooks: what the receiver can rely on. Signatures as Standard Webhooks 1.0.0 has them."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import orjson
import pytest

from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from tests.streams.actions.attempts import EXECUTION_ID, KEY, attempt, failure, running

SECRET = "whsec_" + b64encode(b"k" * 24).decode()


def told(stand_in: StandIn, payload: Any = None) -> dict[str, Any]:
    return {"url": f"{stand_in.base_url}/hooks/siem", "payload": payload or {"type": "a"}}


async def test_the_payload_is_posted_as_json(actions: Actions, stand_in: StandIn) -> None:
    output = await actions.run(attempt("act-webhook", told(stand_in, {"finding": "f-1"})))
    [received] = stand_in.received
    assert received.body == {"finding": "f-1"}
    assert received.headers["content-type"] == "application/json"
    assert (output["status"], output["body"]) == (200, {"accepted": "siem"})


async def test_the_receiver_can_tell_a_repetition(actions: Actions, stand_in: StandIn) -> None:
    for _ in range(2):
        await actions.run(attempt("act-webhook", told(stand_in)))
    assert {each.headers["webhook-id"] for each in stand_in.received} == {KEY}
    assert {each.headers["idempotency-key"] for each in stand_in.received} == {KEY}


async def test_nothing_is_signed_without_a_secret(actions: Actions, stand_in: StandIn) -> None:
    await actions.run(attempt("act-webhook", told(stand_in)))
    assert "webhook-signature" not in stand_in.received[0].headers


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
async def test_the_signature_covers_id_time_and_the_exact_body(
    stand_in: StandIn, secret: str
) -> None:
    async with running({"act-webhook": {"connector": "webhook", "secret": secret}}) as actions:
        await actions.run(attempt("act-webhook", told(stand_in, {"text": "ü"})))
    [received] = stand_in.received
    signed = (
        f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode()
        + orjson.dumps({"text": "ü"})
    )
    key = b64decode(SECRET.removeprefix("whsec_"))
    expected = b64encode(hmac.digest(key, signed, sha256)).decode()
    assert received.headers["webhook-signature"] == f"v1,{expected}"


async def test_an_id_has_no_full_stop_that_could_pass_for_the_next_part(
    actions: Actions, stand_in: StandIn
) -> None:
    await actions.run(attempt("act-webhook", told(stand_in), key=f"{EXECUTION_ID}/tell.siem/1"))
    assert stand_in.received[0].headers["webhook-id"] == f"{EXECUTION_ID}/tell%2Esiem/1"


async def test_a_secret_that_is_no_key_is_said_to_the_operator(stand_in: StandIn) -> None:
    async with running(
        {"act-webhook": {"connector": "webhook", "secret": "secret:HOOK"}}
    ) as actions:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLAYBOOKS_SECRET_HOOK", "not base64!")
            error = await failure(actions, attempt("act-webhook", told(stand_in)))
    assert error.code == "not_configured"
    assert "not base64!" not in str(error)
    assert stand_in.received == []
