"""Approvals: what waits for people, in every execution. Decided by ``api/rest/controls.py``."""

from api.rest.answers import approvals as answers
from api.rest.answers.approvals import ApprovalShown
from api.rest.calls import Answer, Call, page
from api.rest.freshness import TABLE_HEADERS, table_headers
from api.rest.queries import PageQuery
from api.rest.route import Route


async def list_approvals(call: Call[PageQuery, None]) -> Answer:
    """List the steps that wait for people, the one that has waited longest first."""
    query = call.query
    waiting, total = call.parts.table.approvals(query.page, query.per_page)
    shown = [answers.approval(each) for each in waiting]
    return page(shown, total, query.page, query.per_page, table_headers(call))


ROUTES = (
    Route(
        "GET",
        "/api/playbooks/approvals",
        list_approvals,
        "List what waits for people",
        scope="read:playbooks",
        query=PageQuery,
        answer=ApprovalShown,
        listed=True,
        paged=True,
        answer_headers=TABLE_HEADERS,
    ),
)
