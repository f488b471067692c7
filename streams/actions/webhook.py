"""``webhook``: tells somebody else's system, signed if they share a secret.

Headers and signature follow Standard Webhooks 1.0.0 (standard-webhooks/standard-webhooks,
spec/standard-webhooks.md): ``webhook-id`` is the same for every attempt, ``webhook-timestamp``
is the time of this one, ``webhook-signature`` is HMAC-SHA256 over both and the exact body.
"""

import hmac
import time
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from pydantic import Field, field_validator

from streams.actions.answers import BODY_BYTES_MAX, AnswerOutput, require_success
from streams.actions.connector import Call, Connector
from streams.actions.parameters import ActionParameters, ConnectorSettings, Url
from streams.actions.requests import send

_SECRET_PREFIX = "whsec_"


class WebhookParameters(ActionParameters):
    """Whom to tell, and what."""

    url: Url = Field(description="Absolute http or https address.")
    payload: Any = Field(default_factory=dict, description="Sent as JSON.")


class WebhookSettings(ConnectorSettings):
    """How the receiver can tell that it was this system."""

    secret: str | None = Field(
        default=None,
        description="Signs each request (Standard Webhooks): base64, whsec_ before it or not.",
    )

    @field_validator("secret")
    @classmethod
    def _must_be_base64(cls, secret: str | None) -> str | None:
        if secret is not None and not _key(secret):
            raise ValueError("is not a key in base64, with or without whsec_ before it")
        return secret


class Webhook(Connector[WebhookParameters, WebhookSettings]):
    """Posts a payload as JSON."""

    name = "webhook"
    summary = "Posts a JSON payload, signed (Standard Webhooks) where a secret is set."
    Parameters = WebhookParameters
    Output = AnswerOutput
    Settings = WebhookSettings
    secrets = frozenset({"secret"})
    idempotency = "remote_key"
    carries = "payload"
    example_output: ClassVar[Any] = {"status": 200, "headers": {}, "body": "", "truncated": False}

    async def run(self, call: Call[WebhookSettings], parameters: WebhookParameters) -> AnswerOutput:
        """Post, and return what came back."""
        # A full stop would let an id and a time change places in what is signed.
        webhook_id = call.idempotency_key.replace(".", "%2E")
        timestamp = str(int(time.time()))
        body = orjson.dumps(parameters.payload)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
        }
        if call.settings.secret is not None:
            signed = f"{webhook_id}.{timestamp}.".encode() + body
            headers["webhook-signature"] = _signature(call.settings.secret, signed)
        answer = await send(
            call,
            "POST",
            parameters.url,
            headers=headers,
            body=body,
            bytes_max=2 * BODY_BYTES_MAX,
        )
        require_success(answer)
        return answer.output()


def _key(secret: str) -> bytes | None:
    encoded = secret.removeprefix(_SECRET_PREFIX)
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except Base64Error:
        return None


def _signature(secret: str, content: bytes) -> str:
    digest = hmac.digest(_key(secret) or b"", content, sha256)
    return f"v1,{b64encode(digest).decode()}"
