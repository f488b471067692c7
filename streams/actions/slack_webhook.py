"""``slack-webhook``: posts a message by an incoming webhook (docs.slack.dev, incoming webhooks).

For who has no bot token: the address is the credential, and leads to one channel. The message is
escaped as by ``slack``. Slack answers ``ok`` or a word for what is wrong, both as plain text.
"""

import re
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import Field

from streams.actions.answers import Answer, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidAnswer, Refused
from streams.actions.parameters import ActionOutput, ConnectorSettings, Url
from streams.actions.requests import send
from streams.actions.slack import SlackMessage

_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
_NEW_ADDRESS = "the webhook is gone: make another, and set its url"

_ADVICE = {
    "action_prohibited": "an administrator of Slack does not allow it",
    "channel_is_archived": "choose another channel",
    "channel_not_found": "the channel is gone: make another webhook, and set its url",
    "invalid_token": "check the url",
    "no_active_hooks": _NEW_ADDRESS,
    "no_service": _NEW_ADDRESS,
    "no_service_id": "check the url",
    "no_team": "check the url",
    "team_disabled": "the workspace has been closed",
}


class SlackWebhookParameters(SlackMessage):
    """What to say."""

    channel: str | None = Field(
        default=None,
        min_length=1,
        description="Only a webhook of the old kind can post elsewhere; that of an app always "
        "posts to the channel that it was made for.",
    )


class SlackWebhookSettings(ConnectorSettings):
    """The webhook."""

    url: Url = Field(description="Its address (https://hooks.slack.com/services/…): a secret.")


class SlackWebhookOutput(ActionOutput):
    """Slack tells nothing about the message, but that it was taken."""

    posted: Literal[True]


class SlackWebhook(Connector[SlackWebhookParameters, SlackWebhookSettings]):
    """Posts a message to the channel of a webhook."""

    name = "slack-webhook"
    summary = "Posts a message to Slack by an incoming webhook."
    Parameters = SlackWebhookParameters
    Settings = SlackWebhookSettings
    Output = SlackWebhookOutput
    secrets = frozenset({"url"})
    idempotency = "none"
    example_output: ClassVar[Any] = {"posted": True}

    async def run(
        self, call: Call[SlackWebhookSettings], parameters: SlackWebhookParameters
    ) -> SlackWebhookOutput:
        """Post."""
        said = {"text": parameters.text, "unfurl_links": False, "unfurl_media": False}
        if parameters.channel is not None:
            said["channel"] = parameters.channel
        answer = await send(call, "POST", call.settings.url, json=said)
        _require_taken(answer)
        return SlackWebhookOutput(posted=True)


def _require_taken(answer: Answer) -> None:
    """Raise ActionError unless it was posted. A refusal is a 4xx with a word of Slack's own."""
    word = answer.text.strip()
    is_refusal = 400 <= answer.status < 500 and answer.status != HTTPStatus.TOO_MANY_REQUESTS
    if is_refusal and len(word) <= 100 and _WORD.fullmatch(word):
        advice = f" ({_ADVICE[word]})" if word in _ADVICE else ""
        raise Refused(answer.request, f"{word}{advice}")
    require_success(answer)
    if word != "ok":
        raise InvalidAnswer(answer.request, f"it is not ok: {answer.excerpt}")
