"""Descriptions: what ``GET /api/actions`` says about each action reference."""

from typing import Any, TypedDict

from streams.actions.bindings import Binding
from streams.actions.connector import Idempotency, Origin
from streams.actions.errors import NotConfigured
from streams.actions.references import Secrets, referenced, strings
from streams.secrets import SecretError


class NeededSecret(TypedDict):
    """A secret that an action needs.

    key: the setting or parameter that holds it. name: the secret it refers to, None while it
    refers to none. required: without it the action does not run.
    """

    key: str
    name: str | None
    required: bool


class Description(TypedDict):
    """An action reference, as plain JSON without any value of a setting.

    type: the name of the connector. parameters: JSON Schema of what a step says; what the
    operator has fixed is left out. output: JSON Schema of what later steps can name; example: one.
    configured: it can run; else reason says what is missing. origin: the distribution that a plugin
    came with; None: it is built in.
    """

    id: str
    name: str
    type: str
    description: str
    parameters: dict[str, Any]
    output: dict[str, Any]
    example: Any
    idempotency: Idempotency
    secrets: list[NeededSecret]
    configured: bool
    reason: str | None
    origin: Origin | None


def description(binding: Binding, secrets: Secrets) -> Description:
    """Return what can be said about a binding now. Secrets are looked for, not shown."""
    reason = _reason(binding, secrets)
    return Description(
        id=binding.ref,
        name=binding.ref.removeprefix("act-").replace("-", " ").capitalize(),
        type=binding.connector.name,
        description=binding.connector.summary,
        parameters=_schema(binding),
        output=binding.connector.Output.model_json_schema(mode="serialization"),
        example=binding.connector.example_output,
        idempotency=binding.connector.idempotency,
        secrets=_secrets(binding),
        configured=reason is None,
        reason=reason,
        origin=binding.connector.origin,
    )


def _reason(binding: Binding, secrets: Secrets) -> str | None:
    try:
        binding.require_configured(secrets.read)
    except (NotConfigured, SecretError) as error:
        return str(error)
    return None


def _schema(binding: Binding) -> dict[str, Any]:
    schema = binding.connector.Parameters.model_json_schema()
    for key in binding.parameters:
        schema.get("properties", {}).pop(key, None)
    if "required" in schema:
        schema["required"] = [key for key in schema["required"] if key not in binding.parameters]
    return schema


def _secrets(binding: Binding) -> list[NeededSecret]:
    connector = binding.connector
    fields = connector.Settings.model_fields
    needed = [
        NeededSecret(
            key=key, name=referenced(binding.settings.get(key)), required=fields[key].is_required()
        )
        for key in sorted(connector.secrets)
    ]
    others = strings({**binding.settings, **binding.parameters})
    return needed + [
        NeededSecret(key=pointer[1:], name=name, required=True)
        for pointer, text in others.items()
        if (name := referenced(text)) and pointer[1:] not in connector.secrets
    ]
