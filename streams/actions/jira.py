"""``jira``: opens a ticket, once (developer.atlassian.com, REST API v3; v2 for Data Center).

A ticket carries a label made of the idempotency key. It is searched for first, so that a
request that runs twice returns the ticket of the first run. The search of Jira lags behind
by some seconds (``settle_seconds``), for which a second run waits.
"""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from streams.actions import jira_texts
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

_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}", re.ASCII)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+", re.ASCII)


class JiraParameters(ActionParameters):
    """What the ticket says."""

    project: str = Field(description="Key of the project, like SEC.")
    summary: Text = Field(description="In one line; cut at 255 characters.")
    description: Text | None = Field(
        default=None, description="Plain text; markup in it is shown, not followed."
    )
    priority: str | None = Field(
        default=None, min_length=1, description="Name of a priority that the project has."
    )
    issue_type: str = Field(default="Task", min_length=1, description="Name of the issue type.")
    labels: list[Text] = Field(
        default_factory=list, max_length=100, description="Blanks in a label become hyphens."
    )

    @field_validator("project")
    @classmethod
    def _must_be_a_key(cls, project: str) -> str:
        if not _PROJECT.fullmatch(project):
            raise ValueError("is not the key of a project; a key is like SEC")
        return project

    @field_validator("summary")
    @classmethod
    def _must_say_something(cls, summary: str) -> str:
        if not jira_texts.summary(summary):
            raise ValueError("is empty")
        return summary


class JiraSettings(ConnectorSettings):
    """The site, and the account that opens the tickets."""

    base_url: BaseUrl = Field(description="Like https://example.atlassian.net.")
    token: Token = Field(
        description="API token of the account with email; without email, a bearer token.",
    )
    email: str | None = Field(default=None, min_length=1, description="Whose the API token is.")
    api: Literal[2, 3] = Field(default=3, description="3 for Jira Cloud, 2 for Data Center.")
    priorities: dict[str, str] = Field(
        default_factory=dict,
        description="Names of priorities as playbooks say them → as this site says them.",
    )


class JiraOutput(ActionOutput):
    """The ticket. url: where people see it."""

    issue_key: str
    url: str


class Jira(Connector[JiraParameters, JiraSettings]):
    """Opens a ticket, unless it is open already."""

    name = "jira"
    summary = "Creates a Jira issue; the same request again returns the same issue."
    Parameters = JiraParameters
    Settings = JiraSettings
    Output = JiraOutput
    secrets = frozenset({"token"})
    idempotency = "search_before_create"
    settle_seconds = 10.0
    example_output: ClassVar[Any] = {
        "issue_key": "SEC-1",
        "url": "https://example.atlassian.net/browse/SEC-1",
    }

    async def run(self, call: Call[JiraSettings], parameters: JiraParameters) -> JiraOutput:
        """Return the ticket of an earlier run, or of this one."""
        settings = call.settings
        key = await _found(call) or await _created(call, parameters)
        return JiraOutput(issue_key=key, url=f"{settings.base_url}/browse/{key}")


def label(idempotency_key: str) -> str:
    """Return the label by which the ticket of a request is found."""
    return f"pb-{sha256(idempotency_key.encode()).hexdigest()[:32]}"


async def _found(call: Call[JiraSettings]) -> str | None:
    search = "search/jql" if call.settings.api == 3 else "search"
    answer = await _ask(
        call,
        search,
        {
            "jql": f'labels = "{label(call.idempotency_key)}" ORDER BY created ASC',
            "fields": ["summary"],
            "maxResults": 1,
        },
    )
    match answer.json():
        case {"issues": []}:
            return None
        case {"issues": [{"key": str(key)}, *_]} if _KEY.fullmatch(key):
            return key
    raise InvalidAnswer(answer.request, "it has no list of issues with their keys")


async def _created(call: Call[JiraSettings], parameters: JiraParameters) -> str:
    answer = await _ask(call, "issue", {"fields": _fields(call, parameters)})
    match answer.json():
        case {"key": str(key)} if _KEY.fullmatch(key):
            return key
    raise InvalidAnswer(answer.request, "it has no key of an issue")


def _fields(call: Call[JiraSettings], parameters: JiraParameters) -> dict[str, Any]:
    labels = [jira_texts.label(each) for each in parameters.labels]
    fields: dict[str, Any] = {
        "project": {"key": parameters.project},
        "issuetype": {"name": parameters.issue_type},
        "summary": jira_texts.summary(parameters.summary),
        "labels": [*filter(None, labels), label(call.idempotency_key)],
    }
    if parameters.priority is not None:
        priority = call.settings.priorities.get(parameters.priority, parameters.priority)
        fields["priority"] = {"name": priority}
    if parameters.description:
        as_text = jira_texts.document if call.settings.api == 3 else jira_texts.markup
        fields["description"] = as_text(parameters.description)
    return fields


async def _ask(call: Call[JiraSettings], path: str, body: dict[str, Any]) -> Answer:
    settings = call.settings
    credentials = f"Bearer {settings.token}"
    if settings.email is not None:
        basic = b64encode(f"{settings.email}:{settings.token}".encode()).decode()
        credentials = f"Basic {basic}"
    answer = await send(
        call,
        "POST",
        f"{settings.base_url}/rest/api/{settings.api}/{path}",
        headers={"Authorization": credentials},
        json=body,
    )
    require_success(answer)
    return answer
