"""From a route to what aiohttp calls: the request is read, the route's function answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from api.rest import bodies, queries
from api.rest.auth import asking
from api.rest.calls import Answer, Call, written
from api.rest.parts import Parts
from api.rest.route import Route


def endpoint(route: Route, parts: Parts) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the coroutine that serves a route."""

    async def serve(request: web.Request) -> web.StreamResponse:
        # In this order: who may not ask is told nothing about what was asked.
        key = asking(request, route.scope)
        call = Call(
            parts=parts,
            request=request,
            query=(
                queries.read(route.query, request.query)
                if request.rel_url.raw_query_string
                else queries.unsaid(route.query)
            ),
            body=await bodies.read(route, request),
            at=datetime.now(UTC),
            known_key=key,
        )
        answered = await route.function(call)
        return _response(answered, request) if isinstance(answered, Answer) else answered

    return serve


def _response(answered: Answer, request: web.Request) -> web.Response:
    headers = dict(answered.headers)
    if "ETag" in headers:
        # It may be kept, by who asks each time whether it is still the same.
        headers["Cache-Control"] = "private, no-cache"
        if request.method == "GET" and _has(request, headers["ETag"]):
            return web.Response(status=304, headers=headers)
    if answered.content is None:
        return web.Response(status=answered.status, headers=headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    content = answered.content
    body = content if isinstance(content, bytes) else written(content)
    return web.Response(status=answered.status, body=body, headers=headers)


def _has(request: web.Request, etag: str) -> bool:
    """Tell whether who asks has the answer already (``If-None-Match``)."""
    if "If-None-Match" not in request.headers:
        return False
    known = request.if_none_match or ()
    return any(each.value == "*" or f'"{each.value}"' == etag for each in known)
