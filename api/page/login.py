"""Logging in with an API key, and out again."""

from datetime import UTC, datetime

from aiohttp import web

from api.page.rendering import rendered
from api.page.sessions import COOKIE, LIFETIME, SESSIONS
from api.page.visits import Page, Visit, form_of, require_own_site, see
from api.rest.errors import ApiError
from api.rest.parts import PARTS


async def show_login(request: web.Request) -> web.Response:
    """Show where a key can be given."""
    return rendered("login.html", next=_inside(request.query.get("next", "/")), wrong=False)


async def log_in(request: web.Request) -> web.Response:
    """Begin a session, or say that the key is not known."""
    try:
        require_own_site(request)
    except ApiError:
        return rendered("login.html", 403, next="/", wrong=True)
    form = await form_of(request)
    at, leads_to = datetime.now(UTC), _inside(str(form.get("next", "/")))
    key = request.app[PARTS].keys.authenticated(str(form.get("key", "")).strip(), at)
    if key is None:
        return rendered("login.html", 401, next=leads_to, wrong=True)
    answered = see(leads_to)
    answered.set_cookie(
        COOKIE,
        request.app[SESSIONS].begin(key, at),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )
    return answered


async def log_out(visit: Visit) -> web.Response:
    """End the session."""
    visit.request.app[SESSIONS].end(visit.request.cookies.get(COOKIE, ""))
    answered = see("/login")
    answered.del_cookie(COOKIE)
    return answered


def _inside(path: str) -> str:
    """Return a path of this page; what would lead elsewhere leads to its beginning."""
    is_inside = path.startswith("/") and not path.startswith("//") and path.isprintable()
    return path if is_inside and "\\" not in path else "/"


PAGES = (Page("POST", "/logout", log_out),)
