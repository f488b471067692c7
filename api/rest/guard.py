"""What stands before and behind every handler: who asks, and what every answer carries."""

from collections.abc import Set

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from api.keys.store import KeyStore
from api.rest.auth import authenticate
from api.rest.failures import failure
from api.rest.limits import RateLimits
from api.rest.requests import begin, mark


def guard(keys: KeyStore, limits: RateLimits, open_to_all: Set[Handler]) -> Middleware:
    """Return the middleware: one for all of it, as each costs every request its part of the time.

    open_to_all: the handlers that need no key.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        of = begin(request)
        try:
            # Also where there is no such path: who may not ask is not told.
            if handler not in open_to_all:
                authenticate(of, request.headers, keys, limits)
            response = await handler(request)
        except Exception as error:
            response = failure(error, request)
        if not response.prepared:
            mark(of, response)
        return response

    return guarded
