"""The aiohttp application: the table of routes behind the middlewares."""

from aiohttp import web

from api.rest.auth import LIMITS, OPEN_PATHS, authentication
from api.rest.endpoints import endpoint
from api.rest.failures import failures
from api.rest.limits import RateLimits
from api.rest.openapi.document import DOCUMENT, document
from api.rest.parts import PARTS, Parts
from api.rest.requests import add_headers
from api.rest.routes import ROUTES


def create_app(parts: Parts) -> web.Application:
    """Return the application that answers from ``parts``; a ``RestServer`` serves it."""
    app = web.Application(middlewares=[failures, authentication])
    app[PARTS] = parts
    app[LIMITS] = RateLimits(parts.settings.rate_limit)
    app[DOCUMENT] = document(ROUTES)
    app[OPEN_PATHS] = frozenset(route.path for route in ROUTES if route.scope is None)
    app.on_response_prepare.append(add_headers)
    for route in ROUTES:
        if route.method == "GET":
            app.router.add_get(route.path, endpoint(route))
        else:
            app.router.add_route(route.method, route.path, endpoint(route))
    return app
