"""From a route to what aiohttp calls: the request is read, the route's function answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from api.rest import bodies, queries
from api.rest.auth import asking
from api.rest.calls import Answer, Call
from api.rest.parts import PARTS
from api.rest.route import Route


def endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the coroutine that serves a route."""

    async def serve(request: web.Request) -> web.StreamResponse:
        # In this order: who may not ask is told nothing about what was asked.
        key = asking(request, route.scope)
        call = Call(
            parts=request.app[PARTS],
            request=request,
            query=queries.read(route.query, request.query),
            body=await bodies.read(route, request),
            at=datetime.now(UTC),
            known_key=key,
        )
        answered = await route.function(call)
        return _response(answered) if isinstance(answered, Answer) else answered

    return serve


def _response(answered: Answer) -> web.Response:
    if answered.content is None:
        return web.Response(status=answered.status, headers=answered.headers)
    return web.Response(
        status=answered.status,
        text=answered.content.model_dump_json(),
        content_type="application/json",
        headers=answered.headers,
    )
