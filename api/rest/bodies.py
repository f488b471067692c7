"""Bodies: read up to a limit, understood as JSON or YAML, and held against their model."""

import json
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, RootModel, ValidationError

from api.rest.errors import ApiError, invalid, malformed
from api.rest.route import NDJSON, YAML, Route
from schemas.problems import Problem
from streams.actions import yaml_files
from streams.actions.parameters import faults
from streams.actions.yaml_files import NESTING_MAX, YamlError

_ALIASES = {
    "application/x-yaml": YAML,
    "text/yaml": YAML,
    "text/x-yaml": YAML,
    "application/jsonl": NDJSON,
    "application/x-jsonlines": NDJSON,
}


class Document(RootModel[Any]):
    """A body that is judged by its route: any JSON value."""


async def read(route: Route, model: type[BaseModel], request: web.Request) -> BaseModel:
    """Return the body as the model of the route. ApiError: it is too large, or none such."""
    raw = await _raw(request, route.bytes_max)
    if not raw.strip():
        if route.body_required:
            raise malformed("a body is required", "missing_body")
        return model.model_validate({})
    media_type = _media_type(request, route)
    if issubclass(model, Document):
        return model.model_construct(document(raw, media_type))
    return _validated(model, _READERS.get(media_type, _json)(raw))


def document(raw: bytes, media_type: str) -> Any:
    """Return what a document says, JSON or YAML. ApiError: it is neither, or nested too deep."""
    value = _READERS.get(media_type, _json)(raw)
    _require_shallow(value)
    return value


async def _raw(request: web.Request, bytes_max: int) -> bytes:
    """Return the body, read no further than allowed: what a client announces may be untrue."""
    raw = bytearray()
    try:
        if (request.content_length or 0) <= bytes_max:
            async for chunk in request.content.iter_chunked(64 << 10):
                raw += chunk
                if len(raw) > bytes_max:
                    break
            else:
                return bytes(raw)
    except web.RequestPayloadError:
        reason = "the body cannot be read: it is not encoded as Content-Encoding says, or cut off"
        raise malformed(reason) from None
    except ConnectionResetError:
        raise malformed("the connection ended before the body did", "incomplete_body") from None
    raise ApiError(
        413, "body_too_large", f"the body is larger than {bytes_max} bytes", bytes_max=bytes_max
    )


def _media_type(request: web.Request, route: Route) -> str:
    if "Content-Type" not in request.headers:
        return route.media_types[0]
    said = request.content_type.lower()
    media_type = _ALIASES.get(said, said)
    if media_type not in route.media_types or (request.charset or "utf-8").lower() != "utf-8":
        known = ", ".join(route.media_types)
        raise ApiError(
            415,
            "unsupported_media_type",
            f"{request.headers['Content-Type'][:200]} is not taken here: send {known}, in UTF-8",
        )
    return media_type


def _json(raw: bytes, line: int = 1) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {line + error.lineno - 1} column {error.colno}"
        raise malformed(f"the body is not JSON: {error.msg} at {where}", "malformed_json") from None


def _lines(raw: bytes) -> Any:
    """Return the list of what stands on the lines, each a JSON value."""
    return [_json(line, number) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]


def _yaml(raw: bytes) -> Any:
    try:
        # As JSON says it, and is read: an integer of more than 64 bits is a float, too.
        return orjson.loads(json.dumps(yaml_files.parse(Path("body"), raw).value))
    except YamlError as error:
        raise malformed(str(error), "malformed_yaml") from None
    except (TypeError, ValueError) as error:
        raise malformed(f"the body cannot be said in JSON: {error}", "malformed_yaml") from None


_READERS = {YAML: _yaml, NDJSON: _lines}


def _validated(model: type[BaseModel], value: Any) -> BaseModel:
    try:
        # Of what was understood, not of what was sent: an integer of more than 64 bits, which
        # no record could hold, is a float by now.
        return model.model_validate_json(orjson.dumps(value))
    except ValidationError as error:
        known = [field.alias or name for name, field in model.model_fields.items()]
        raise invalid("body", [problem for _, problem in faults(error, known)]) from None


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(NESTING_MAX):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise invalid("body", [Problem("", f"is nested deeper than {NESTING_MAX} levels")])
