"""Acme's connector: an example of a plugin, with nothing that Playbook Streams knows of."""

from typing import Any, ClassVar

from pydantic import Field

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


class IsolateParameters(ActionParameters):
    """What to isolate."""

    host: Text = Field(min_length=1, description="Name of the host.")


class AcmeSettings(ConnectorSettings):
    """Acme's console."""

    base_url: BaseUrl = Field(description="Where the console is.")
    token: Token = Field(description="API key.")


class IsolateOutput(ActionOutput):
    """The host as the console knows it."""

    host_id: str


class Isolate(Connector[IsolateParameters, AcmeSettings]):
    """Cuts a host off the network."""

    name = "acme-isolate"
    summary = "Isolates a host by Acme."
    Parameters = IsolateParameters
    Settings = AcmeSettings
    Output = IsolateOutput
    secrets = frozenset({"token"})
    idempotency = "natural"
    example_output: ClassVar[Any] = {"host_id": "h-1"}

    async def run(self, call: Call[AcmeSettings], parameters: IsolateParameters) -> IsolateOutput:
        """Ask the console."""
        answer = await send(
            call,
            "PUT",
            f"{call.settings.base_url}/isolated",
            headers={"Authorization": f"Bearer {call.settings.token}"},
            json={"host": parameters.host},
        )
        require_success(answer)
        match answer.json():
            case {"id": str(host_id)}:
                return IsolateOutput(host_id=host_id)
        raise InvalidAnswer(answer.request, "it has no id")


not_a_connector = object()
