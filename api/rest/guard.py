"""What stands before and behind every handler: who asks, and what every answer carries."""

from collections.abc import Set

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from api.keys.store import KeyStore
from api.rest.auth import authenticate
from api.rest.failures import failure
from api.rest.limits import RateLimits
from api.rest.requests import mark, name


def guard(keys: KeyStore, limits: RateLimits, open_paths: Set[str]) -> Middleware:
    """Return the middleware: one for all of it, as each costs every request its part of the time.

    open_paths: those that need no key, as they stand in the table of routes.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        name(request)
        try:
            # Before any path is told apart.
            resource = request.match_info.route.resource
            if resource is None or resource.canonical not in open_paths:
                authenticate(request, keys, limits)
            response = await handler(request)
        except Exception as error:
            response = failure(error, request)
        if not response.prepared:
            mark(request, response)
        return response

    return guarded
