"""Which connectors there are, and the action references that always exist."""

from typing import Any

from streams.actions.block_ip import BlockIp
from streams.actions.connector import Connector
from streams.actions.email import Email
from streams.actions.github import Github
from streams.actions.http import Http
from streams.actions.http_api import HttpApi
from streams.actions.jira import Jira
from streams.actions.log import Log
from streams.actions.pagerduty import Pagerduty
from streams.actions.servicenow import Servicenow
from streams.actions.slack import Slack
from streams.actions.slack_webhook import SlackWebhook
from streams.actions.thehive import Thehive
from streams.actions.webhook import Webhook

CONNECTORS: tuple[type[Connector[Any, Any]], ...] = (
    Log,
    Http,
    HttpApi,
    Webhook,
    Slack,
    SlackWebhook,
    Jira,
    Email,
    Pagerduty,
    Servicenow,
    Github,
    Thehive,
    BlockIp,
)

ALWAYS = {
    "act-log": "log",
    "act-http-request": "http",
    "act-webhook": "webhook",
    "act-slack-notify": "slack",
    "act-jira-create": "jira",
    "cacao:http-api": "http-api",
    "act-email": "email",
    "act-pagerduty-trigger": "pagerduty",
    "act-servicenow-create": "servicenow",
    "act-github-issue": "github",
    "act-thehive-alert": "thehive",
    "act-block-ip": "block-ip",
}
"""Action reference → connector, until the actions file says otherwise."""
