"""``http``: any HTTP request."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from streams.actions.answers import BODY_BYTES_MAX, AnswerOutput, require_success
from streams.actions.connector import Call, Connector
from streams.actions.parameters import ActionParameters, ConnectorSettings, HeaderFields, Url
from streams.actions.requests import REQUEST_SECONDS, send

Method = Annotated[
    Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]

Statuses = Annotated[
    list[Annotated[int, Field(ge=100, le=599)]],
    BeforeValidator(
        lambda value: [value] if isinstance(value, int) else value,
        json_schema_input_type=int | list[int],
    ),
]


class HttpParameters(ActionParameters):
    """What to ask, and which answer is success."""

    url: Url = Field(description="Absolute http or https address.")
    method: Method = Field(default="GET", description="In upper or lower case.")
    headers: HeaderFields = Field(
        default_factory=dict, description="Header name → value; these win over the usual ones."
    )
    body: Any = Field(
        default=None, description="A string is sent as text, anything else but null as JSON."
    )
    timeout_seconds: float = Field(
        default=REQUEST_SECONDS,
        gt=0,
        le=3_600,
        description="From connecting to the last byte of the answer.",
    )
    expected_status: Statuses | None = Field(
        default=None, description="Which status is success: one, several, or null for any 2xx."
    )


class Http(Connector[HttpParameters, ConnectorSettings]):
    """Sends one request and returns status, headers and body."""

    name = "http"
    summary = "Sends an HTTP request and returns the status, the safe headers and the body."
    Parameters = HttpParameters
    Output = AnswerOutput
    idempotency = "remote_key"
    carries = "body"
    example_output: ClassVar[Any] = {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {},
        "truncated": False,
    }

    def is_repeatable(self, said: Mapping[str, Any]) -> bool:
        """Tell whether the method is idempotent by its definition (RFC 9110, 9.2.2)."""
        return str(said.get("method", "GET")).upper() not in ("POST", "PATCH")

    async def run(self, call: Call[ConnectorSettings], parameters: HttpParameters) -> AnswerOutput:
        """Ask, and return what came back."""
        headers = parameters.headers
        body = parameters.body
        if isinstance(body, str):
            headers = {"Content-Type": "text/plain; charset=utf-8"} | headers
        answer = await send(
            call,
            parameters.method,
            parameters.url,
            headers=headers,
            json=None if isinstance(body, str) else body,
            body=body.encode() if isinstance(body, str) else None,
            timeout_seconds=parameters.timeout_seconds,
            # More than an output holds, so that secrets are found before it is cut.
            bytes_max=2 * BODY_BYTES_MAX,
        )
        require_success(answer, parameters.expected_status)
        return answer.output()
