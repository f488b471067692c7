"""The inbox: what waits for people."""

from aiohttp import web

from api.page.visits import Page, Visit, data
from api.rest.approvals import list_approvals
from api.rest.queries import PageQuery


async def show_approvals(visit: Visit) -> web.StreamResponse:
    """Show what waits for people, the one that has waited longest first."""
    waiting = data(await list_approvals(visit.call(query=PageQuery(per_page=100))))
    return visit.page("approvals.html", approvals=waiting)


PAGES = (Page("GET", "/approvals", show_approvals),)
