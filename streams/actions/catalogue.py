"""Which connectors there are, and the action references that always exist."""

from typing import Any

from streams.actions.connector import Connector
from streams.actions.http import Http
from streams.actions.http_api import HttpApi
from streams.actions.jira import Jira
from streams.actions.log import Log
from streams.actions.slack import Slack
from streams.actions.webhook import Webhook

CONNECTORS: tuple[type[Connector[Any, Any]], ...] = (
    Log,
    Http,
    HttpApi,
    Webhook,
    Slack,
    Jira,
)

ALWAYS = {
    "act-log": "log",
    "act-http-request": "http",
    "act-webhook": "webhook",
    "act-slack-notify": "slack",
    "act-jira-create": "jira",
    "cacao:http-api": "http-api",
}
"""Action reference → connector, until the actions file says otherwise."""
