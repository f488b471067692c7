"""A visit: a request to the page by somebody who has logged in, and how views are served."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import quote, urlencode

from aiohttp import web
from aiokafka.errors import KafkaError

from api.keys.keys import Key, Scope
from api.page.rendering import rendered
from api.page.sessions import COOKIE, SESSIONS, Session
from api.rest.auth import LIMITS, admit, asking
from api.rest.calls import Answer, Call, NoQuery
from api.rest.errors import ApiError, malformed
from api.rest.parts import PARTS, Parts
from api.rest.requests import known
from schemas.events import Event
from streams.commands import BrokerAway
from streams.table.store import TableError

_EVENT_TYPES = " ".join(kind.__name__ for kind in get_args(get_args(Event)[0]))
_OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Visit:
    """Who asks for what. form: what a form says, empty otherwise."""

    request: web.Request
    parts: Parts
    session: Session
    key: Key
    at: datetime
    form: Mapping[str, Any]

    def call(self, body: Any = None, query: Any = None) -> Call[Any, Any]:
        """Return the same as a call of the REST layer."""
        return Call(self.parts, self.request, query or NoQuery(), body, self.at, self.key)

    def named(self, variable: str) -> str:
        """Return a variable part of the path."""
        return self.request.match_info[variable]

    def said(self, field: str) -> str:
        """Return what a text field of the form says, without blanks around it."""
        value = self.form.get(field, "")
        return value.strip() if isinstance(value, str) else ""

    def page(self, template: str, status: int = 200, **said: Any) -> web.Response:
        """Return the page that a template makes."""
        waiting = self.parts.table.approvals(1, 1)[1]
        return rendered(
            template,
            status,
            csrf=self.session.csrf,
            key=self.key,
            may_write=self.key.allows("write:playbooks"),
            here=self.request.path,
            now=self.at,
            waiting_count=waiting,
            event_types=_EVENT_TYPES,
            **said,
        )


View = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Page:
    """One line of the table of pages. scope: what the key of the session must be allowed."""

    method: str
    path: str
    view: View
    scope: Scope = "read:playbooks"


def served(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return what aiohttp calls: the session is looked up, the view answers, in HTML."""

    async def serve(request: web.Request) -> web.StreamResponse:
        at = datetime.now(UTC)
        found = request.app[SESSIONS].find(request.cookies.get(COOKIE, ""), at)
        if found is None:
            query = urlencode({"next": request.path_qs}) if request.method == "GET" else ""
            return see(f"/login?{query}" if query else "/login")
        session, key = found
        visit = Visit(request, request.app[PARTS], session, key, at, {})
        try:
            admit(known(request), key, request.app[LIMITS])
            asking(request, page.scope)
            if request.method == "POST":
                require_own_site(request)
                form = await form_of(request)
                if not session.said_by(str(form.get("csrf", ""))):
                    raise ApiError(403, "foreign_form", "this form is too old: load it again")
                visit = Visit(request, visit.parts, session, key, at, form)
            return await page.view(visit)
        except ApiError as error:
            return refused(visit, error)
        except web.HTTPRequestEntityTooLarge:
            return refused(visit, ApiError(413, "body_too_large", "the document is over 1 MiB"))
        except (BrokerAway, KafkaError, TableError) as error:
            reason = "Kafka or the table cannot be reached at the moment: try again"
            return refused(visit, ApiError(503, type(error).__name__, reason))

    return serve


async def form_of(request: web.Request) -> Mapping[str, Any]:
    """Return what a form says. ApiError 400: it is none that can be read."""
    try:
        return await request.post()
    except web.HTTPException:
        raise
    except (ValueError, LookupError, RuntimeError, web.RequestPayloadError, ConnectionError):
        raise malformed("this form cannot be read: load the page again", "malformed_form") from None


def refused(visit: Visit, error: ApiError) -> web.Response:
    """Return the page that tells why something was refused."""
    return visit.page("error.html", error.status, error=error)


def see(path: str) -> web.Response:
    """Return the answer that leads to another page."""
    return web.Response(status=303, headers={"Location": path})


def at(*parts: str) -> str:
    """Return the path of these parts, whatever is in them."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def data(answered: Answer | web.StreamResponse) -> Any:
    """Return what a handler of the REST layer has answered, without its envelope."""
    if not isinstance(answered, Answer):
        raise TypeError("this handler answers with a document of its own")
    return getattr(answered.content, "data", None)


def require_own_site(request: web.Request) -> None:
    """Raise ApiError 403 for what another site makes a browser send."""
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise ApiError(403, "foreign_site", "this was sent by another site")
