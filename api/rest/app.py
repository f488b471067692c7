"""The aiohttp application: the table of routes, and what stands before each of them."""

import asyncio
from collections.abc import Set

from aiohttp import web
from aiohttp.typedefs import Handler

from api.page.pages import add_pages
from api.page.reference import add_reference
from api.rest import metrics
from api.rest.auth import LIMITS
from api.rest.backtests import RUNNING, RUNNING_MAX
from api.rest.endpoints import endpoint
from api.rest.guard import guard
from api.rest.limits import RateLimits
from api.rest.openapi.document import DOCUMENT, document
from api.rest.parts import PARTS, Parts
from api.rest.publications import RESERVED_IDS
from api.rest.routes import ROUTES
from api.rest.streams import STOPPING, stop_streams

# Not the words that stand in the same place: what is possible there is said by their own routes.
_PLAYBOOK_ID = f"{{playbook_id:(?!(?:{'|'.join(sorted(RESERVED_IDS))})(?:/|$))[^/]+}}"


def create_app(parts: Parts) -> web.Application:
    """Return the application that answers from ``parts``; a ``RestServer`` serves it."""
    app = web.Application()
    app[PARTS] = parts
    app[RUNNING] = asyncio.Semaphore(RUNNING_MAX)
    app[LIMITS] = limits = RateLimits(parts.settings.rate_limit)
    app[DOCUMENT] = document(ROUTES)
    public = [metrics.PATH] if parts.settings.metrics_public else []
    without_key = [*public, *(route.path for route in ROUTES if route.scope is None)]
    open_paths = add_pages(app).union(without_key, add_reference(app, app[DOCUMENT]))
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(stop_streams)
    for route in ROUTES:
        path = route.path.replace("{playbook_id}", _PLAYBOOK_ID)
        if route.method == "GET":
            app.router.add_get(path, endpoint(route, parts))
        else:
            app.router.add_route(route.method, path, endpoint(route, parts))
    app.middlewares.append(guard(parts.keys, limits, _handlers(app, open_paths)))
    return app


def _handlers(app: web.Application, paths: Set[str]) -> Set[Handler]:
    """Return what serves these paths. paths: as they stand in the table of routes."""
    return {
        route.handler
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical in paths
    }
