"""``http-api``: the HTTP commands of imported CACAO playbooks.

What is sent is what the document says, to the letter: its content is a text, whatever it is.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from streams.actions.answers import BODY_BYTES_MAX, AnswerOutput, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidParameters
from streams.actions.http import Method
from streams.actions.parameters import (
    ActionParameters,
    BaseUrl,
    ConnectorSettings,
    HeaderFields,
    Token,
    origin,
)
from streams.actions.requests import send


class HttpApiParameters(ActionParameters):
    """A request line taken apart, with what authenticates it."""

    url: str = Field(max_length=8_192, description="Whole, or a path below base_url.")
    method: Method = Field(description="In upper or lower case.")
    headers: HeaderFields = Field(default_factory=dict, description="Header name → value.")
    content: str | None = Field(default=None, description="Sent as it is.")
    user: str | None = Field(default=None, description="With password: basic authentication.")
    password: str | None = Field(default=None, description="A reference to a secret.")
    token: Token | None = Field(default=None, description="A reference to a secret.")
    token_header: str = Field(default="Authorization", description="Where the token stands.")


class HttpApiSettings(ConnectorSettings):
    """What commands leave open that name no address."""

    base_url: BaseUrl | None = Field(
        default=None, description="The address of commands whose document says none."
    )


class HttpApi(Connector[HttpApiParameters, HttpApiSettings]):
    """Sends the request of a command."""

    name = "http-api"
    summary = "Sends the HTTP command of an imported CACAO playbook."
    Parameters = HttpApiParameters
    Settings = HttpApiSettings
    Output = AnswerOutput
    idempotency = "remote_key"
    example_output: ClassVar[Any] = {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {},
        "truncated": False,
    }

    def is_repeatable(self, said: Mapping[str, Any]) -> bool:
        """Tell whether the method is idempotent by its definition (RFC 9110, 9.2.2)."""
        return str(said.get("method", "POST")).upper() not in ("POST", "PATCH")

    async def run(self, call: Call[HttpApiSettings], parameters: HttpApiParameters) -> AnswerOutput:
        """Ask, and return what came back."""
        headers = dict(parameters.headers) | _credentials(parameters)
        if parameters.content is not None and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = _content_type(parameters.content)
        answer = await send(
            call,
            parameters.method,
            _url(call, parameters.url),
            headers=headers,
            body=None if parameters.content is None else parameters.content.encode(),
            bytes_max=2 * BODY_BYTES_MAX,
        )
        require_success(answer)
        return answer.output()


def _url(call: Call[HttpApiSettings], said: str) -> str:
    base = call.settings.base_url
    url = said if base is None or "://" in said else f"{base}/{said.lstrip('/')}"
    if origin(url) is None:
        raise InvalidParameters(
            call.action_ref,
            ["url: is not a whole http or https address; set base_url for commands without one"],
        )
    return url


def _credentials(parameters: HttpApiParameters) -> dict[str, str]:
    if parameters.token is not None:
        is_usual = parameters.token_header.lower() == "authorization"
        prefix = "Bearer " if is_usual and " " not in parameters.token else ""
        return {parameters.token_header: prefix + parameters.token}
    if parameters.password is not None:
        basic = b64encode(f"{parameters.user or ''}:{parameters.password}".encode()).decode()
        return {"Authorization": f"Basic {basic}"}
    return {}


def _content_type(content: str) -> str:
    return "application/json" if content.lstrip()[:1] in ("{", "[") else "text/plain; charset=utf-8"
