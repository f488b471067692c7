"""What every request and every answer carries: an id to find it by, and cautious headers."""

import re
from uuid import uuid4

from aiohttp import web

from api.rest.auth import limit_headers

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_ID = web.RequestKey("request_id", str)


def request_id(request: web.BaseRequest) -> str:
    """Return the id of a request: the client's own ``X-Request-Id``, else a new one."""
    if _ID not in request:
        said = request.headers.get("X-Request-Id", "")
        request[_ID] = said if said and _REQUEST_ID.fullmatch(said) else str(uuid4())
    return request[_ID]


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer says, just before it is sent."""
    mark(request, response)


def mark(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add to an answer what every one says."""
    response.headers["X-Request-Id"] = request_id(request)
    response.headers.update(limit_headers(request))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    # aiohttp would tell its version.
    response.headers["Server"] = "playbooks"
