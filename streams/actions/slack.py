"""``slack``: posts a message (docs.slack.dev, methods/chat.postMessage).

A message is rendered from findings, whose text is hostile: ``<!channel>`` would ring every
phone, ``<https://evil|our wiki>`` would pass for a link of ours. So ``&``, ``<`` and ``>``
are escaped unless the step says otherwise, names are not linked and links not unfurled.
``*bold*`` and the like still work, and an address still becomes a link to what it shows.

Slack offers no idempotency. The key stands in the metadata of the message, where one can see
that a second one is the same.
"""

import re
from typing import Any, ClassVar

from pydantic import Field

from streams.actions.answers import Answer, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidAnswer, RateLimited, Refused
from streams.actions.parameters import (
    ActionOutput,
    ActionParameters,
    BaseUrl,
    ConnectorSettings,
    Text,
    Token,
)
from streams.actions.requests import send

MESSAGE_LENGTH_MAX = 40_000
"""Slack cuts what is longer."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HALF_ESCAPE = re.compile(r"&[a-z]{0,3}$")

_LIMITED = frozenset({"ratelimited", "rate_limited"})
_PASSING = frozenset({
    "fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org",
})  # fmt: skip

_ADVICE = {
    "account_inactive": "set another token",
    "channel_not_found": "check the name, and invite the app to the channel if it is private",
    "invalid_auth": "check the token",
    "is_archived": "choose another channel",
    "missing_scope": "the app needs the scope chat:write",
    "not_authed": "check the token",
    "not_in_channel": "invite the app to the channel, or give it the scope chat:write.public",
    "token_expired": "set another token",
    "token_revoked": "set another token",
}


class SlackMessage(ActionParameters):
    """What to say."""

    message: Text = Field(
        min_length=1,
        description="Slack's mrkdwn. &, < and > are escaped, so text from a finding cannot "
        "mention anybody or disguise a link.",
    )
    escape: bool = Field(
        default=True,
        description="false: <links|…> and <!mentions> in the message count; only for messages "
        "without any text from a finding.",
    )

    @property
    def text(self) -> str:
        """The message as Slack is told it: escaped, and no longer than Slack keeps."""
        text = self.message.translate(_ESCAPES) if self.escape else self.message
        if len(text) > MESSAGE_LENGTH_MAX:
            text = _HALF_ESCAPE.sub("", text[: MESSAGE_LENGTH_MAX - 1]) + "…"
        return text


class SlackParameters(SlackMessage):
    """What to say, and where."""

    channel: str = Field(min_length=1, description="Name with # or id of the channel.")


class SlackSettings(ConnectorSettings):
    """The app that posts."""

    base_url: BaseUrl = Field(default="https://slack.com/api", description="Where the Web API is.")
    token: Token = Field(description="Bot token (xoxb-…) with the scope chat:write.")


class SlackOutput(ActionOutput):
    """The message by which Slack knows it."""

    message_ts: str
    channel: str


class Slack(Connector[SlackParameters, SlackSettings]):
    """Posts a message to a channel."""

    name = "slack"
    summary = "Posts a message to a Slack channel."
    Parameters = SlackParameters
    Settings = SlackSettings
    Output = SlackOutput
    secrets = frozenset({"token"})
    idempotency = "none"
    example_output: ClassVar[Any] = {"message_ts": "1503435956.000247", "channel": "C1H9RESGL"}

    async def run(self, call: Call[SlackSettings], parameters: SlackParameters) -> SlackOutput:
        """Post, and return the timestamp by which Slack knows the message."""
        answer = await send(
            call,
            "POST",
            f"{call.settings.base_url}/chat.postMessage",
            headers={"Authorization": f"Bearer {call.settings.token}"},
            json={
                "channel": parameters.channel,
                "text": parameters.text,
                "link_names": False,
                "unfurl_links": False,
                "unfurl_media": False,
                "metadata": {
                    "event_type": "playbook_step",
                    "event_payload": {
                        "execution_id": call.execution_id,
                        "step_id": call.step_id,
                        "idempotency_key": call.idempotency_key,
                    },
                },
            },
        )
        require_success(answer)
        return _posted(answer)


def _posted(answer: Answer) -> SlackOutput:
    """Return what was posted. Slack says no with status 200 and ``ok: false``."""
    match answer.json():
        case {"ok": True, "ts": str(ts), "channel": str(channel)}:
            return SlackOutput(message_ts=ts, channel=channel)
        case {"ok": False, "error": str(error)} if error in _LIMITED:
            raise RateLimited(answer.request, None)
        case {"ok": False, "error": str(error)}:
            advice = f" ({_ADVICE[error]})" if error in _ADVICE else ""
            reason = f"{error[:200]}{advice}"
            raise Refused(answer.request, reason, passing=error in _PASSING)
    raise InvalidAnswer(answer.request, "it has neither ok, ts and channel nor an error")
