"""From a route to what aiohttp calls: the request is read, the route's function answers."""

from datetime import UTC, datetime
from typing import cast

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from api.rest import bodies, queries
from api.rest.auth import asking
from api.rest.calls import Answer, Call, written
from api.rest.parts import Parts
from api.rest.replies import Reply
from api.rest.route import Route


def endpoint(route: Route, parts: Parts) -> Handler:
    """Return the coroutine that serves a route."""

    async def serve(request: web.Request) -> web.StreamResponse | Reply:
        # In this order: who may not ask is told nothing about what was asked.
        key = asking(request, route.scope)
        call = Call(
            parts,
            request,
            queries.read(route.query, request.query)
            if request.rel_url.raw_query_string
            else queries.unsaid(route.query),
            None if route.request is None else await bodies.read(route, route.request, request),
            datetime.now(UTC),
            key,
        )
        answered = await route.function(call)
        return _reply(answered, request) if isinstance(answered, Answer) else answered

    # A reply can all that is asked of a response.
    return cast(Handler, serve)


def _reply(answered: Answer, request: web.Request) -> Reply:
    headers = dict(answered.headers)
    if "ETag" in headers:
        # It may be kept, by who asks each time whether it is still the same.
        headers["Cache-Control"] = "private, no-cache"
        if request.method == "GET" and _has(request, headers["ETag"]):
            return Reply(304, headers)
    content = answered.content
    if content is None:
        return Reply(answered.status, headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    body = content if isinstance(content, bytes) else written(content)
    return Reply(answered.status, headers, body)


def _has(request: web.Request, etag: str) -> bool:
    """Tell whether who asks has the answer already (``If-None-Match``)."""
    if hdrs.IF_NONE_MATCH not in request.headers:
        return False
    known = request.if_none_match or ()
    return any(each.value == "*" or f'"{each.value}"' == etag for each in known)
