"""The reference: the OpenAPI document as a page that people read, open to all.

Made once, for who asks first: it is the same for everybody, and says nothing of what is there.
"""

import asyncio
from functools import cache
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import web

from api.page.rendering import made, page_of
from api.page.shapes import SCHEMAS, Property

PATH: Final = "/docs"

_ENVELOPES: Final = ("Answered_", "Listed_")


class Answer(NamedTuple):
    """What an operation answers. schema: of ``data``, or of the whole answer without one."""

    status: str
    phrase: str
    schema: dict[str, Any] | None
    paged: bool
    media_type: str
    example: Any
    headers: dict[str, Any]
    links: dict[str, Any]


class Operation(NamedTuple):
    """One thing that can be asked, as the page tells it."""

    method: str
    path: str
    said: dict[str, Any]
    parameters: list[Property]
    answers: list[Answer]
    errors: list[tuple[str, str]]


def add_reference(app: web.Application, document: str) -> frozenset[str]:
    """Add the page that shows a document; return its path, which needs no key."""

    async def show_reference(request: web.Request) -> web.Response:
        # Not in the way of others: to make it takes a moment.
        return page_of(await asyncio.to_thread(_page, document))

    app.router.add_get(PATH, show_reference)
    return frozenset({PATH})


@cache
def _page(text: str) -> str:
    document = orjson.loads(text)
    groups: dict[str, list[Operation]] = {}
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, said in item.items():
            operation = _operation(method.upper(), path, said, schemas)
            groups.setdefault(said["tags"][0], []).append(operation)
    return made(
        "reference.html",
        document=document,
        groups=groups,
        schemas={n: said for n, said in schemas.items() if not n.startswith(_ENVELOPES)},
        here=PATH,
        waiting_count=0,
        event_types="",
    )


def _operation(method: str, path: str, said: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    parameters = [
        Property(
            each["name"],
            each["schema"],
            each.get("required", False),
            f"{each.get('description', '')} ({each['in']})".strip(),
        )
        for each in said.get("parameters", ())
    ]
    responses = said["responses"].items()
    return Operation(
        method,
        path,
        said,
        parameters,
        [_answer(status, each, schemas) for status, each in responses if status < "400"],
        [(status, each["description"]) for status, each in responses if status >= "400"],
    )


def _answer(status: str, said: dict[str, Any], schemas: dict[str, Any]) -> Answer:
    contents: dict[str, Any] = said.get("content", {})
    media_type = next(iter(contents), "")
    content: dict[str, Any] = contents.get(media_type, {})
    schema: dict[str, Any] | None = content.get("schema")
    name = "" if schema is None else schema.get("$ref", "").removeprefix(SCHEMAS)
    if name.startswith(_ENVELOPES):
        schema = schemas[name]["properties"]["data"]
    return Answer(
        status,
        said["description"],
        schema,
        name.startswith("Listed_"),
        media_type,
        content.get("example"),
        said.get("headers", {}),
        said.get("links", {}),
    )
