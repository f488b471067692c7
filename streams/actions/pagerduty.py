"""``pagerduty``: raises, or settles, an alert (developer.pagerduty.com, Events API v2).

``dedup_key`` is PagerDuty's own key: events with the same one belong to one alert, so an event
that is sent twice changes nothing. A later step settles the alert with the same key.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from streams.actions.answers import require_success
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

SUMMARY_LENGTH_MAX = 1_024

_SEVERITIES = {"high": "error", "medium": "warning", "low": "info"}
"""PagerDuty's words for those that findings have and it has not."""


def _as_severity(value: Any) -> Any:
    word = value.lower() if isinstance(value, str) else value
    return _SEVERITIES.get(word, word) if isinstance(word, str) else word


class PagerdutyParameters(ActionParameters):
    """What has happened."""

    summary: Text = Field(min_length=1, description="In one line; cut at 1,024 characters.")
    severity: Annotated[
        Literal["critical", "error", "warning", "info"],
        BeforeValidator(_as_severity, json_schema_input_type=str),
    ] = Field(default="error", description="Of PagerDuty, or of a finding.")
    source: Text = Field(
        default="playbook-streams", min_length=1, description="What is affected, like a host."
    )
    event_action: Literal["trigger", "acknowledge", "resolve"] = Field(
        default="trigger", description="What becomes of the alert with the dedup_key."
    )
    dedup_key: Text | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Events with the same one belong to one alert; unsaid: one for this step.",
    )
    custom_details: dict[str, Any] = Field(
        default_factory=dict, description="Shown with the alert."
    )


class PagerdutySettings(ConnectorSettings):
    """The service that is alerted."""

    base_url: BaseUrl = Field(
        default="https://events.pagerduty.com", description="Where the Events API is."
    )
    routing_key: Token = Field(description="Integration key of the service (Events API v2).")


class PagerdutyOutput(ActionOutput):
    """The alert, by the key with which it can be settled."""

    dedup_key: str
    status: str


class Pagerduty(Connector[PagerdutyParameters, PagerdutySettings]):
    """Sends an event."""

    name = "pagerduty"
    summary = "Triggers, acknowledges or resolves a PagerDuty alert; the same event twice is one."
    Parameters = PagerdutyParameters
    Settings = PagerdutySettings
    Output = PagerdutyOutput
    secrets = frozenset({"routing_key"})
    idempotency = "natural"
    example_output: ClassVar[Any] = {"dedup_key": "pexec-1/notify/1", "status": "success"}

    async def run(
        self, call: Call[PagerdutySettings], parameters: PagerdutyParameters
    ) -> PagerdutyOutput:
        """Send the event."""
        key = parameters.dedup_key or call.idempotency_key[:255]
        answer = await send(
            call,
            "POST",
            f"{call.settings.base_url}/v2/enqueue",
            json={
                "routing_key": call.settings.routing_key,
                "event_action": parameters.event_action,
                "dedup_key": key,
                "client": "playbook-streams",
                "payload": {
                    "summary": " ".join(parameters.summary.split())[:SUMMARY_LENGTH_MAX],
                    "severity": parameters.severity,
                    "source": parameters.source,
                    "custom_details": parameters.custom_details,
                },
            },
        )
        require_success(answer)
        match answer.json():
            case {"status": str(status), "dedup_key": str(key)}:
                return PagerdutyOutput(dedup_key=key, status=status)
        raise InvalidAnswer(answer.request, "it has no status and dedup_key")
