"""A route: one line of the table of routes. Each noun's module ends with its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from api.keys.keys import Scope
from api.rest.calls import Answer, Call, NoQuery

JSON = "application/json"
YAML = "application/yaml"
NDJSON = "application/x-ndjson"

KIB = 1 << 10
MIB = 1 << 20


@dataclass(frozen=True)
class Route:
    """What can be asked, by whom, and what is answered.

    scope: what a key must be allowed; None: open to all, without a key.
    request: the model of the body, None when there is none; body_required: it may not be
    absent. media_types: what the body may be; bytes_max: its size.
    produces: what the answer is, when it is no JSON.
    answer: the model of ``data``; listed: ``data`` is a list of it, with ``meta`` if paged.
    statuses: of success. errors: statuses beyond those that any route may answer.
    request_headers, answer_headers: beyond those that any request and any answer may have.
    """

    method: str
    path: str
    function: Callable[[Call[Any, Any]], Awaitable[Answer | web.StreamResponse]]
    summary: str
    scope: Scope | None
    query: type[BaseModel] = NoQuery
    request: type[BaseModel] | None = None
    body_required: bool = True
    media_types: tuple[str, ...] = (JSON,)
    bytes_max: int = 64 * KIB
    produces: str = JSON
    answer: Any = None
    listed: bool = False
    paged: bool = False
    statuses: tuple[int, ...] = (200,)
    errors: tuple[int, ...] = ()
    request_headers: tuple[str, ...] = ()
    answer_headers: tuple[str, ...] = ()
