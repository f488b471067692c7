"""An operation of the document: what one route takes, and what it may answer."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from inspect import getdoc

from openapi_pydantic import (
    DataType,
    Header,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Schema,
)

from api.rest.openapi import examples
from api.rest.openapi.links import links
from api.rest.openapi.schemas import Schemas
from api.rest.route import JSON, Route

_TEXT = Schema(type=DataType.STRING)

REQUEST_HEADERS = {
    "Idempotency-Key": (
        "asked again with the same key and body, the answer is the same",
        {"type": "string", "pattern": '^ *"?[!#-~]{1,255}"? *$'},
    ),
    "Last-Event-ID": (
        "the id of the last event that came; 0: from the oldest that is kept; none: from now on",
        {"type": "string", "pattern": r"^[0-9]{1,19}(\.[0-9]{1,19})*$"},
    ),
    "If-None-Match": ("the ETag of what is known: if it still holds, 304", {"type": "string"}),
    "If-Match": ("the ETag that was read: otherwise 412", {"type": "string"}),
}
ANSWER_HEADERS = {
    "Content-Disposition": "the file that it is to be kept in",
    "ETag": "for If-None-Match, and If-Match where that is taken",
    "Link": "with rel=next: the page that follows, none on the last one",
    "Location": "where the thing is found",
    "X-Table-Age": "seconds since the table had read all that there was",
    "X-Table-Offset": "per partition of execution-events, the next offset to be read",
}
SCOPE_ERRORS = (401, 403, 429, 503)
BODY_ERRORS = (413, 415, 422)
ANY_ERRORS = (400, 500)


def operation(route: Route, schemas: Schemas) -> Operation:
    """Return the operation of a route."""
    needs = "Open to all." if route.scope is None else f"Needs the scope `{route.scope}`."
    return Operation(
        operationId=_name(route),
        tags=[route.function.__module__.rpartition(".")[2]],
        summary=route.summary,
        description=f"{getdoc(route.function)}\n\n{needs}",
        parameters=[*_parameters(route)] or None,
        requestBody=_body(route, schemas),
        responses={
            **{str(status): _success(route, status, schemas) for status in route.statuses},
            **({"304": _unchanged(route)} if _is_conditional(route) else {}),
            **{str(status): _error(status, schemas) for status in errors(route)},
        },
        security=[] if route.scope is None else None,
    )


def errors(route: Route) -> list[int]:
    """Return every status of an error that a route may answer."""
    return sorted(
        {
            *ANY_ERRORS,
            *(SCOPE_ERRORS if route.scope is not None else ()),
            *(BODY_ERRORS if route.request is not None else ()),
            *route.errors,
        }
    )


def _parameters(route: Route) -> Iterator[Parameter]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield _parameter("path", name, {"type": "string"}, required=True)
    asked = route.query.model_json_schema()
    for name, said in asked.get("properties", {}).items():
        # Everything that a query refers to is small: said in its place.
        schema = _resolved(said, asked.get("$defs", {}))
        yield _parameter("query", name, schema, description=schema.pop("description", None))
    conditional = ("If-None-Match",) if _is_conditional(route) else ()
    for name in (*conditional, *route.request_headers):
        description, wanted = REQUEST_HEADERS[name]
        yield _parameter("header", name, wanted, description=description)


def _parameter(place: str, name: str, schema: object, **says: object) -> Parameter:
    return Parameter.model_validate({"in": place, "name": name, "schema": schema, **says})


def _resolved(said: object, definitions: dict[str, object]) -> dict[str, object]:
    """Return a schema with what it refers to in the place of the reference."""
    if not isinstance(said, dict):
        return {}
    if "$ref" in said:
        return _resolved(definitions[said["$ref"].rpartition("/")[2]], definitions)
    schema = {key: value for key, value in said.items() if key != "title"}
    if "anyOf" in schema:
        # Null is how the model says "not asked for"; a query cannot say it.
        [only] = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
        schema = _resolved(only, definitions) | {k: v for k, v in schema.items() if k != "default"}
    return schema


def _body(route: Route, schemas: Schemas) -> RequestBody | None:
    if route.request is None:
        return None
    schema = schemas.request(route)
    said = {route.media_types[0]: examples.REQUESTS.get(_name(route)), **examples.CLOUDEVENTS}
    content = {each: _media(schema, said.get(each)) for each in route.media_types}
    description = f"at most {route.bytes_max} bytes"
    return RequestBody(content=content, required=route.body_required, description=description)


def _success(route: Route, status: int, schemas: Schemas) -> Response:
    return Response(
        description=HTTPStatus(status).phrase,
        headers={name: _header(ANSWER_HEADERS[name]) for name in route.answer_headers} or None,
        content=_answered(route, status, schemas),
        links=links(_name(route), status),
    )


def _answered(route: Route, status: int, schemas: Schemas) -> dict[str, MediaType] | None:
    if route.produces != JSON:
        return {route.produces: MediaType(media_type_schema=_TEXT)}
    if route.answer is None:
        return None
    said = examples.ANSWERS.get(_name(route)) if status == route.statuses[0] else None
    return {JSON: _media(schemas.answer(route), said)}


def _is_conditional(route: Route) -> bool:
    """Tell whether who has the answer already can be told just that (``endpoints.py``)."""
    return route.method == "GET" and "ETag" in route.answer_headers


def _unchanged(route: Route) -> Response:
    headers = {name: _header(ANSWER_HEADERS[name]) for name in route.answer_headers}
    return Response(description=HTTPStatus(304).phrase, headers=headers)


def _error(status: int, schemas: Schemas) -> Response:
    headers = {"Retry-After": _header("seconds")} if status in (429, 503) else None
    description = HTTPStatus(status).phrase
    return Response(description=description, headers=headers, content={JSON: _media(schemas.error)})


def _media(schema: Schema, example: object = None) -> MediaType:
    if example is None:
        return MediaType(media_type_schema=schema)
    return MediaType(media_type_schema=schema, example=example)


def _name(route: Route) -> str:
    return route.function.__name__


def _header(description: str) -> Header:
    return Header(description=description, param_schema=_TEXT)
