"""The document as a whole, and the route that it is read from."""

from collections.abc import Iterable
from importlib.metadata import version

from aiohttp import web
from openapi_pydantic import Components, Info, OpenAPI, PathItem, SecurityScheme

from api.rest.calls import Call, NoQuery
from api.rest.openapi.operations import operation
from api.rest.openapi.schemas import Schemas
from api.rest.route import JSON, Route

DOCUMENT = web.AppKey("document", str)
"""The document as JSON."""

_ABOUT = """
Findings on Kafka start playbooks; every step transition is an event, folded into the table
that is read here.

Success is `{"data": …}`, of a page of a list with `"meta": {"total", "page", "per_page"}`; an
error is `{"status": "error", "error": {"code", "message", …}}`. Every answer has an
`X-Request-Id` and, where a rate limit applies, `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
Times are RFC 3339 in UTC.
"""


def document(routes: Iterable[Route]) -> str:
    """Return the OpenAPI document of a table of routes, as JSON."""
    routes = list(routes)
    schemas = Schemas(routes)
    paths: dict[str, PathItem] = {}
    for route in routes:
        item = paths.setdefault(route.path, PathItem())
        setattr(item, route.method.lower(), operation(route, schemas))
    described = OpenAPI(
        openapi="3.1.1",
        info=Info(
            title="Playbook Streams",
            description=_ABOUT.strip(),
            version=version("playbook-streams"),
        ),
        paths=paths,
        components=Components(
            schemas=dict(schemas.components),
            securitySchemes={
                "bearer": SecurityScheme(type="http", scheme="bearer"),
                "header": SecurityScheme(
                    type="apiKey", name="X-API-Key", security_scheme_in="header"
                ),
            },
        ),
        security=[{"bearer": []}, {"header": []}],
    )
    # What is not set is left out: some defaults of the library are not allowed everywhere.
    return described.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)


async def show_document(call: Call[NoQuery, None]) -> web.Response:
    """Show the OpenAPI document of this API."""
    return web.Response(text=call.request.app[DOCUMENT], content_type=JSON)


ROUTES = (
    Route(
        "GET",
        "/openapi.json",
        show_document,
        "Show this document",
        scope="read:playbooks",
    ),
)
