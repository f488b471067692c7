"""Commands of imported CACAO playbooks, handed to the connector that the operator named.

    cacao:bash: {connector: webhook, url: https://runner.example.com/bash}

What runs a shell is somebody's own: the connector is told the whole command, its agent and its
target, in the one parameter that it passes on as it is. No secret goes along.
"""

from collections.abc import Mapping
from typing import Any

from engine.cacao.commands import HTTP, PREFIX
from schemas.actions import ActionRequest
from schemas.problems import below
from streams.actions.connector import Connector
from streams.actions.http_api import HttpApi


def is_foreign(action_ref: str) -> bool:
    """Tell whether a reference stands for commands of one type."""
    return action_ref.startswith(PREFIX)


def problem(action_ref: str, connector: Connector[Any, Any]) -> str | None:
    """Return why a connector cannot run commands of this type, None: it can."""
    if connector.carries is not None:
        return None
    if connector.name == HttpApi.name:
        wrong = action_ref != PREFIX + HTTP
        return f"{connector.name} runs {PREFIX}{HTTP} and nothing else" if wrong else None
    return f"{connector.name} cannot pass on a command: use webhook, http or log"


def carried(request: ActionRequest, connector: Connector[Any, Any]) -> ActionRequest:
    """Return the request as the connector takes it."""
    place = connector.carries
    if place is None or not is_foreign(request.action_ref):
        return request
    secrets = {below("", place) + pointer: parts for pointer, parts in request.secrets.items()}
    parameters = told(request.action_ref, request.parameters, connector)
    return request.model_copy(update={"parameters": parameters, "secrets": secrets})


def told(
    action_ref: str, parameters: Mapping[str, Any], connector: Connector[Any, Any]
) -> Mapping[str, Any]:
    """Return the parameters as the connector takes them."""
    place = connector.carries
    return {place: parameters} if place is not None and is_foreign(action_ref) else parameters
