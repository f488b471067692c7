"""Actions as they are answered."""

from typing import Any

from pydantic import BaseModel

from streams.actions.connector import Idempotency


class NeededSecretShown(BaseModel):
    """A secret that an action needs. name: what it refers to, null while it refers to none."""

    key: str
    name: str | None
    required: bool


class OriginShown(BaseModel):
    """The distribution that a plugin came with."""

    name: str
    version: str


class ActionShown(BaseModel):
    """An action that steps can name.

    type: the name of its connector. parameters: the JSON Schema of what a step says to it.
    output: the JSON Schema of what later steps can name of its output; example: such an output.
    configured: it can run; else reason says what is missing.
    origin: the distribution of a plugin; null: the action is built in.
    """

    id: str
    name: str
    type: str
    description: str
    parameters: dict[str, Any]
    output: dict[str, Any]
    example: Any
    idempotency: Idempotency
    secrets: list[NeededSecretShown]
    configured: bool
    reason: str | None
    origin: OriginShown | None
