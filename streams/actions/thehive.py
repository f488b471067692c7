"""``thehive``: raises an alert, once (docs.strangebee.com, TheHive 5 API v1).

An alert is known by ``type``, ``source`` and ``sourceRef``; a second one with the same three is
refused, and the first one is then the result.
"""

from hashlib import sha256
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from streams.actions import markdown
from streams.actions.answers import Answer, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidAnswer
from streams.actions.parameters import (
    ActionOutput,
    ActionParameters,
    BaseUrl,
    ConnectorSettings,
    Text,
    Token,
)
from streams.actions.requests import send

TITLE_LENGTH_MAX = 512

_SEVERITIES = {"info": 1, "low": 1, "medium": 2, "high": 3, "critical": 4}


class ThehiveParameters(ActionParameters):
    """What the alert says."""

    title: Text = Field(min_length=1, description="In one line; cut at 512 characters.")
    description: Text = Field(min_length=1, description="Plain text; Markdown in it does nothing.")
    severity: Annotated[
        int,
        BeforeValidator(
            lambda value: _SEVERITIES.get(value.lower(), value) if isinstance(value, str) else value
        ),
    ] = Field(default=2, ge=1, le=4, description="1 to 4, or the word of a finding.")
    type: Text = Field(default="playbook", min_length=1, max_length=32, description="Of alerts.")
    source: Text = Field(
        default="playbook-streams", min_length=1, max_length=64, description="Who raises it."
    )
    source_ref: Text | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Names the alert within type and source; unsaid: one for this step.",
    )
    tags: list[Text] = Field(default_factory=list, max_length=100, description="Of the alert.")
    tlp: int = Field(default=2, ge=0, le=4, description="Traffic light protocol.")
    pap: int = Field(default=2, ge=0, le=3, description="Permissible actions protocol.")


class ThehiveSettings(ConnectorSettings):
    """The instance, and the account that raises the alerts."""

    base_url: BaseUrl = Field(description="Like https://thehive.example.com.")
    token: Token = Field(description="API key.")
    organisation: Token | None = Field(default=None, description="Where the account has several.")


class ThehiveOutput(ActionOutput):
    """The alert. existed: an earlier request has raised it."""

    alert_id: str
    source_ref: str
    existed: bool


class Thehive(Connector[ThehiveParameters, ThehiveSettings]):
    """Raises an alert, unless it has been raised."""

    name = "thehive"
    summary = "Creates an alert in TheHive; the same request again returns the same alert."
    Parameters = ThehiveParameters
    Settings = ThehiveSettings
    Output = ThehiveOutput
    secrets = frozenset({"token"})
    idempotency = "natural"
    example_output: ClassVar[Any] = {
        "alert_id": "~40992",
        "source_ref": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "existed": False,
    }

    async def run(
        self, call: Call[ThehiveSettings], parameters: ThehiveParameters
    ) -> ThehiveOutput:
        """Return the alert of this run, or of an earlier one."""
        ref = parameters.source_ref or sha256(call.idempotency_key.encode()).hexdigest()[:32]
        known_by = {"type": parameters.type, "source": parameters.source, "sourceRef": ref}
        answer = await _ask(
            call,
            "alert",
            known_by
            | {
                "title": markdown.line(parameters.title, TITLE_LENGTH_MAX),
                "description": markdown.plain(parameters.description),
                "severity": parameters.severity,
                "tags": parameters.tags,
                "tlp": parameters.tlp,
                "pap": parameters.pap,
            },
        )
        if answer.status == 400 and "exist" in answer.text.lower():
            return ThehiveOutput(
                alert_id=await _found(call, known_by), source_ref=ref, existed=True
            )
        require_success(answer)
        match answer.json():
            case {"_id": str(alert_id)}:
                return ThehiveOutput(alert_id=alert_id, source_ref=ref, existed=False)
        raise InvalidAnswer(answer.request, "it has no _id")


async def _found(call: Call[ThehiveSettings], known_by: dict[str, str]) -> str:
    same = [{"_eq": {"_field": key, "_value": value}} for key, value in known_by.items()]
    steps = [{"_name": "listAlert"}, {"_name": "filter", "_and": same}]
    answer = await _ask(call, "query", {"query": steps})
    require_success(answer)
    match answer.json():
        case [{"_id": str(alert_id)}, *_]:
            return alert_id
    raise InvalidAnswer(answer.request, "the alert is said to exist, but cannot be found")


async def _ask(call: Call[ThehiveSettings], path: str, body: dict[str, Any]) -> Answer:
    headers = {"Authorization": f"Bearer {call.settings.token}"}
    if call.settings.organisation is not None:
        headers["X-Organisation"] = call.settings.organisation
    url = f"{call.settings.base_url}/api/v1/{path}"
    return await send(call, "POST", url, headers=headers, json=body)
