"""The table of pages, and how they come into the application beside the REST routes."""

from pathlib import Path
from typing import Final

from aiohttp import web

from api.page import approvals, dead_letters, documents, executions, login, playbooks, streams
from api.page.sessions import SESSIONS, Sessions
from api.page.visits import served
from api.rest.parts import PARTS

PAGES: Final = (
    *executions.PAGES,
    *streams.PAGES,
    *documents.PAGES,
    *playbooks.PAGES,
    *approvals.PAGES,
    *dead_letters.PAGES,
    *login.PAGES,
)

_STATIC: Final = Path(__file__).with_name("static")
_MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add_pages(app: web.Application) -> frozenset[str]:
    """Add the pages; return the paths that need no key in a header: a session is their key."""
    app[SESSIONS] = Sessions(app[PARTS].keys)
    for page in PAGES:
        app.router.add_route(page.method, page.path, served(page))
    app.router.add_get("/login", login.show_login)
    app.router.add_post("/login", login.log_in)
    app.router.add_get("/static/{name}", _static)
    return frozenset({page.path for page in PAGES} | {"/login", "/static/{name}"})


async def _static(request: web.Request) -> web.Response:
    path = {path.name: path for path in _STATIC.iterdir()}.get(request.match_info["name"])
    if path is None or path.suffix not in _MEDIA_TYPES:
        raise web.HTTPNotFound
    return web.Response(
        body=path.read_bytes(),
        content_type=_MEDIA_TYPES[path.suffix],
        headers={"Cache-Control": "no-cache"},
    )
