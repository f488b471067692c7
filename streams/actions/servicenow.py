"""``servicenow``: opens an incident, once (Table API, docs.servicenow.com).

``correlation_id`` holds a hash of the idempotency key; a record that has it is the one of an
earlier run. A user without the right to write that field has it dropped in silence: the log
then says so, since a second run would open a second incident.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Any, ClassVar

import structlog
from pydantic import Field

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

log = structlog.get_logger(__name__)

SUMMARY_LENGTH_MAX = 160
_FIELDS = "sys_id,number,correlation_id"


class ServicenowParameters(ActionParameters):
    """What the incident says."""

    short_description: Text = Field(min_length=1, description="In one line; cut at 160 characters.")
    description: Text | None = Field(default=None, description="Plain text.")
    urgency: int = Field(default=2, ge=1, le=3, description="1 high, 2 medium, 3 low.")
    impact: int = Field(default=2, ge=1, le=3, description="1 high, 2 medium, 3 low.")
    category: Text | None = Field(default=None, min_length=1, description="Value of a category.")
    assignment_group: Text | None = Field(
        default=None, min_length=1, description="Name or sys_id of a group."
    )


class ServicenowSettings(ConnectorSettings):
    """The instance, and the account that opens the incidents."""

    base_url: BaseUrl = Field(description="Like https://example.service-now.com.")
    token: Token = Field(description="Password of username; without username, a bearer token.")
    username: str | None = Field(default=None, min_length=1, description="Whose the password is.")
    table: str = Field(
        default="incident", pattern=r"^[a-z0-9_]{1,80}$", description="Table of the records."
    )


class ServicenowOutput(ActionOutput):
    """The incident. url: where people see it."""

    number: str
    sys_id: str
    url: str


class Servicenow(Connector[ServicenowParameters, ServicenowSettings]):
    """Opens an incident, unless it is open already."""

    name = "servicenow"
    summary = "Creates a ServiceNow incident; the same request again returns the same incident."
    Parameters = ServicenowParameters
    Settings = ServicenowSettings
    Output = ServicenowOutput
    secrets = frozenset({"token"})
    idempotency = "search_before_create"
    example_output: ClassVar[Any] = {
        "number": "INC0010001",
        "sys_id": "46d44a5dc0a8010e0000c0ee4c1d7a4b",
        "url": "https://example.service-now.com/incident.do?sys_id=46d44a5dc0a8010e0000c0ee4c1d7a4b",
    }

    async def run(
        self, call: Call[ServicenowSettings], parameters: ServicenowParameters
    ) -> ServicenowOutput:
        """Return the incident of an earlier run, or of this one."""
        key = f"pb-{sha256(call.idempotency_key.encode()).hexdigest()[:32]}"
        found = await _ask(
            call,
            "GET",
            f"?sysparm_query=correlation_id={key}&sysparm_limit=1&sysparm_fields={_FIELDS}",
        )
        match found.json():
            case {"result": []}:
                pass
            case {"result": [dict(record), *_]}:
                return _output(call, found, record)
            case _:
                raise InvalidAnswer(found.request, "it has no list of records")
        answer = await _ask(call, "POST", f"?sysparm_fields={_FIELDS}", _record(parameters, key))
        match answer.json():
            case {"result": dict(record)}:
                if record.get("correlation_id") != key:
                    log.warning("servicenow does not keep correlation_id", ref=call.action_ref)
                return _output(call, answer, record)
        raise InvalidAnswer(answer.request, "it has no record")


def _record(parameters: ServicenowParameters, key: str) -> dict[str, Any]:
    said = parameters.model_dump(exclude_none=True)
    said["short_description"] = " ".join(parameters.short_description.split())[:SUMMARY_LENGTH_MAX]
    if parameters.description is not None:
        # [code] would have the rest shown as HTML.
        said["description"] = parameters.description.replace("[code]", "[ code]")
    return said | {"correlation_id": key, "correlation_display": "Playbook Streams"}


def _output(
    call: Call[ServicenowSettings], answer: Answer, record: dict[str, Any]
) -> ServicenowOutput:
    match record:
        case {"number": str(number), "sys_id": str(sys_id)}:
            page = f"{call.settings.base_url}/{call.settings.table}.do?sys_id={sys_id}"
            return ServicenowOutput(number=number, sys_id=sys_id, url=page)
    raise InvalidAnswer(answer.request, "the record has no number and sys_id")


async def _ask(call: Call[ServicenowSettings], method: str, query: str, body: Any = None) -> Answer:
    settings = call.settings
    credentials = f"Bearer {settings.token}"
    if settings.username is not None:
        basic = b64encode(f"{settings.username}:{settings.token}".encode()).decode()
        credentials = f"Basic {basic}"
    answer = await send(
        call,
        method,
        f"{settings.base_url}/api/now/table/{settings.table}{query}",
        headers={"Authorization": credentials, "Accept": "application/json"},
        json=body,
    )
    require_success(answer)
    return answer
