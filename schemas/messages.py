"""The base of everything that crosses the wire.

A message is immutable and strictly typed: JSON ``false`` is not 0 and ``"1"``
is not 1. Readers ignore fields they do not know, so that adding an optional
field never breaks an older reader.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment: RFC 3339 with an offset on the wire, aware UTC in memory."""

JsonObject = dict[str, Any]
"""A JSON object, its values plain JSON."""


class Message(BaseModel):
    """A record on a topic, or a part of one."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


SecretParts = tuple[str | dict[str, str], ...]
"""A string that has secrets in it, in parts: text, or ``{"secret": NAME}``."""


def unsaid(value: object) -> bool:
    """Tell whether a field is left out on the wire: what is false or empty goes without saying."""
    return not value
