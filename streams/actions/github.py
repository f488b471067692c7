"""``github``: opens an issue, once (docs.github.com, REST API, Issues).

The body ends with a comment that nobody sees and that holds a hash of the idempotency key. The
newest issues are looked through for it first: unlike GitHub's search, their list lags behind
nothing.
"""

from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from streams.actions import markdown
from streams.actions.answers import Answer, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidAnswer, RateLimited
from streams.actions.parameters import (
    ActionOutput,
    ActionParameters,
    BaseUrl,
    ConnectorSettings,
    Text,
    Token,
)
from streams.actions.requests import send

TITLE_LENGTH_MAX = 256
BODY_LENGTH_MAX = 60_000
LISTED_BYTES_MAX = 16 * 1024 * 1024
"""Of a hundred issues; a body has at most 64 KiB."""


class GithubParameters(ActionParameters):
    """What the issue says, and where."""

    repository: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]{1,100}$",
        description="Like owner/name.",
    )
    title: Text = Field(min_length=1, description="In one line; cut at 256 characters.")
    body: Text = Field(
        default="", description="Plain text; mentions, links and pictures in it do nothing."
    )
    escape: bool = Field(
        default=True,
        description="false: the body is Markdown; only for text that is from no finding.",
    )
    labels: list[Text] = Field(default_factory=list, max_length=100, description="Of the issue.")
    assignees: list[Text] = Field(default_factory=list, max_length=10, description="User names.")


class GithubSettings(ConnectorSettings):
    """The account that opens the issues."""

    base_url: BaseUrl = Field(default="https://api.github.com", description="Where the API is.")
    token: Token = Field(description="Token with the right to read and write issues.")


class GithubOutput(ActionOutput):
    """The issue. url: where people see it."""

    number: int
    url: str


class Github(Connector[GithubParameters, GithubSettings]):
    """Opens an issue, unless it is open already."""

    name = "github"
    summary = "Creates a GitHub issue; the same request again returns the same issue."
    Parameters = GithubParameters
    Settings = GithubSettings
    Output = GithubOutput
    secrets = frozenset({"token"})
    idempotency = "search_before_create"
    example_output: ClassVar[Any] = {"number": 1, "url": "https://github.com/owner/name/issues/1"}

    async def run(self, call: Call[GithubSettings], parameters: GithubParameters) -> GithubOutput:
        """Return the issue of an earlier run, or of this one."""
        digest = sha256(call.idempotency_key.encode()).hexdigest()[:32]
        marker = f"<!-- playbook-step {digest} -->"
        newest = "?state=all&sort=created&direction=desc&per_page=100"
        listed = await _ask(call, "GET", parameters.repository, newest)
        issues = listed.json()
        if not isinstance(issues, list):
            raise InvalidAnswer(listed.request, "it is no list of issues")
        for issue in issues:
            if isinstance(issue, dict) and marker in (issue.get("body") or ""):
                return _output(listed, issue)
        text = markdown.plain(parameters.body) if parameters.escape else parameters.body
        answer = await _ask(
            call,
            "POST",
            parameters.repository,
            body={
                "title": markdown.line(parameters.title, TITLE_LENGTH_MAX),
                "body": f"{text[:BODY_LENGTH_MAX]}\n\n{marker}",
                "labels": parameters.labels,
                "assignees": parameters.assignees,
            },
        )
        return _output(answer, answer.json())


def _output(answer: Answer, issue: Any) -> GithubOutput:
    match issue:
        case {"number": int(number), "html_url": str(url)}:
            return GithubOutput(number=number, url=url)
    raise InvalidAnswer(answer.request, "it has no number and html_url")


async def _ask(
    call: Call[GithubSettings], method: str, repository: str, query: str = "", body: Any = None
) -> Answer:
    answer = await send(
        call,
        method,
        f"{call.settings.base_url}/repos/{quote(repository)}/issues{query}",
        headers={
            "Authorization": f"Bearer {call.settings.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        json=body,
        bytes_max=LISTED_BYTES_MAX,
    )
    limited = "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
    if answer.status == 403 and limited:
        # Secondary rate limits come as 403.
        wish = answer.headers.get("retry-after", "")
        raise RateLimited(answer.request, min(float(wish), 3_600.0) if wish.isdigit() else 60.0)
    require_success(answer)
    return answer
