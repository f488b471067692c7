"""``block-ip``: asks a firewall, or what stands before it, to block an address.

One request to an address of the operator's, with what to block and for how long. To be blocked
is a state, so that to ask twice changes nothing. The address comes from a finding: networks so
wide that they would cut off everybody, and those that the operator protects, are refused.
"""

from ipaddress import ip_network
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from streams.actions.answers import AnswerOutput, require_success
from streams.actions.connector import Call, Connector
from streams.actions.errors import InvalidParameters
from streams.actions.parameters import (
    ActionParameters,
    BaseUrl,
    ConnectorSettings,
    Text,
    Token,
)
from streams.actions.requests import send

_PREFIX_MIN = {4: 24, 6: 48}
"""The widest networks that may be blocked."""


def _as_network(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError("is neither an IP address nor a network in CIDR") from None
    address = network.network_address
    if network.prefixlen < _PREFIX_MIN[network.version]:
        raise ValueError(f"is too wide: at most /{_PREFIX_MIN[network.version]} may be blocked")
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        raise ValueError("is no address of anybody who could be blocked")
    return str(address) if network.num_addresses == 1 else str(network)


def _as_networks(values: list[str]) -> list[str]:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"{value!r} is neither an IP address nor a network") from None
    return values


class BlockIpParameters(ActionParameters):
    """Whom to block, and how long."""

    ip_address: Annotated[str, AfterValidator(_as_network)] = Field(
        description="An address, or a network of at most /24 (IPv6: /48)."
    )
    duration_hours: float = Field(default=24, gt=0, le=87_600, description="How long.")
    reason: Text = Field(default="", max_length=1_000, description="For the record.")


class BlockIpSettings(ConnectorSettings):
    """Who blocks."""

    base_url: BaseUrl = Field(description="Where blocks are posted to.")
    token: Token = Field(description="Bearer token.")
    protected: Annotated[list[str], AfterValidator(_as_networks)] = Field(
        default_factory=list, description="Addresses and networks that are never blocked."
    )


class BlockIp(Connector[BlockIpParameters, BlockIpSettings]):
    """Posts what to block."""

    name = "block-ip"
    summary = "Asks a firewall to block an IP address for some hours."
    Parameters = BlockIpParameters
    Settings = BlockIpSettings
    Output = AnswerOutput
    secrets = frozenset({"token"})
    idempotency = "natural"
    example_output: ClassVar[Any] = {
        "status": 201,
        "headers": {"content-type": "application/json"},
        "body": {"id": "block-1", "status": "active"},
        "truncated": False,
    }

    async def run(self, call: Call[BlockIpSettings], parameters: BlockIpParameters) -> AnswerOutput:
        """Ask, and return what came back."""
        wanted = ip_network(parameters.ip_address)
        for each in call.settings.protected:
            network = ip_network(each, strict=False)
            if network.version == wanted.version and network.overlaps(wanted):
                complaint = f"ip_address: {wanted} is protected by the operator ({each})"
                raise InvalidParameters(call.action_ref, [complaint])
        answer = await send(
            call,
            "POST",
            call.settings.base_url,
            headers={"Authorization": f"Bearer {call.settings.token}"},
            json=parameters.model_dump()
            | {"execution_id": call.execution_id, "step_id": call.step_id},
        )
        require_success(answer)
        return answer.output()
