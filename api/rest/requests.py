"""What every request and every answer carries: an id to find it by, and cautious headers."""

import random
import re

from aiohttp import web

from api.rest.auth import limit_headers

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_ID = web.RequestKey("request_id", str)


def name(request: web.BaseRequest) -> None:
    """Give a request its id: the client's own ``X-Request-Id``, else a new one."""
    said = request.headers.get("X-Request-Id")
    request[_ID] = said if said and _REQUEST_ID.fullmatch(said) else _new_id()


def request_id(request: web.BaseRequest) -> str:
    """Return the id of a request."""
    if request.get(_ID) is None:
        name(request)
    return request[_ID]


def mark(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add to an answer what every one says, before it is sent."""
    headers = response.headers
    headers.update(answer_headers(request))
    headers.setdefault("Cache-Control", "no-store")


def answer_headers(request: web.BaseRequest) -> dict[str, str]:
    """Return what every answer says, whatever it is."""
    return {
        "X-Request-Id": request_id(request),
        **limit_headers(request),
        "X-Content-Type-Options": "nosniff",
        # aiohttp would tell its version.
        "Server": "playbooks",
    }


def _new_id() -> str:
    """Return a random UUID, not to be told from others; that it may be guessed does no harm.

    Written by hand: ``uuid4`` asks the system each time, and takes ten times as long.
    """
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
