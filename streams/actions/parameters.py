"""What parameters and settings are made of, beside plain JSON: text, addresses, headers."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from yarl import URL

from schemas.problems import Problem, below

URL_LENGTH_MAX = 8_192

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_FRAMING = frozenset({
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers that say where one message ends and whom it is for: never somebody's text."""


class ActionParameters(BaseModel):
    """What a step says to a connector. Unknown keys are errors, types are taken strictly."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class ConnectorSettings(BaseModel):
    """What the operator says to a connector, once for all steps."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class ActionOutput(BaseModel):
    """What a connector returns: what later steps can name as ``steps.<id>.output.…``."""

    model_config = ConfigDict(frozen=True)


def _as_text(value: Any) -> Any:
    # A lone ``{{ finding.cvss }}`` keeps its type: where a text is wanted, a number is one.
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else value


def _as_url(value: str) -> str:
    if len(value) > URL_LENGTH_MAX or _CONTROL.search(value) or value != value.strip():
        raise ValueError("is not a url: it is too long, or has blanks or control characters")
    try:
        url = URL(value)
    except ValueError:
        raise ValueError("is not a url") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("is not a url that begins with http:// or https:// and a host")
    if url.user is not None or url.password is not None:
        raise ValueError("has credentials in it; say them in a header")
    return value


def _as_base_url(value: str) -> str:
    url = URL(_as_url(value))
    if url.raw_query_string or url.raw_fragment:
        raise ValueError("has a query or a fragment; say the base alone")
    return value.rstrip("/")


def _as_headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name[:100]!r} is not the name of a header")
        if name.lower() in _FRAMING:
            raise ValueError(f"{name} is set by the connection itself; leave it out")
        if _CONTROL.search(text.replace("\t", "")):
            raise ValueError(f"the header {name} has a line break or control character in it")
    return value


def _as_token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("has a line break, a blank at an end, or a character that is not ASCII")
    return value


Text = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str)]
"""A string; a number or boolean is taken as its text."""

Url = Annotated[str, AfterValidator(_as_url), Field(json_schema_extra={"format": "uri"})]
"""An absolute http(s) address without credentials."""

BaseUrl = Annotated[str, AfterValidator(_as_base_url), Field(json_schema_extra={"format": "uri"})]
"""The address below which an API lies, without a slash at its end."""

HeaderFields = Annotated[dict[str, Text], AfterValidator(_as_headers)]
"""Header name → value."""


Token = Annotated[str, Field(min_length=1), AfterValidator(_as_token)]
"""A credential as it stands in a header."""


def origin(value: Any) -> str | None:
    """Return scheme, host and port of a URL; None: it is none."""
    try:
        return str(URL(_as_url(value)).origin()) if isinstance(value, str) else None
    except ValueError:
        return None


def faults(error: ValidationError, known: Iterable[str]) -> list[tuple[str, Problem]]:
    """Return pydantic's kind of each fault with where and what it is, never the value.

    known: the keys that would have been right, for who has misspelled one.
    """
    return [
        (
            detail["type"],
            Problem(below("", *detail["loc"]), _sentence(detail["type"], detail["msg"], known)),
        )
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _sentence(kind: str, message: str, known: Iterable[str]) -> str:
    match kind:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return f"is not known here (known: {', '.join(known) or 'nothing'})"
        case "value_error":
            return message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
