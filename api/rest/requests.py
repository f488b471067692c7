"""What every request and every answer carries: an id to find it by, and cautious headers."""

import re
import time
from itertools import count
from uuid import uuid4

from aiohttp import web
from multidict import istr

from api.keys.keys import Key
from api.rest.limits import Allowance

_PROCESS = str(uuid4())[:24]
_numbers = count(1)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Known:
    """What is known of a request. key: whose it is. allowance: what that key has left."""

    __slots__ = ("allowance", "id", "key")

    def __init__(self, request_id: str) -> None:
        self.id = request_id
        self.key: Key | None = None
        self.allowance: Allowance | None = None


_KNOWN = web.RequestKey("known", Known)
_REQUEST_ID_HEADER = istr("X-Request-Id")


def begin(request: web.BaseRequest) -> Known:
    """Give a request its id, the client's own ``X-Request-Id`` or a new one; return it."""
    said = request.headers.get(_REQUEST_ID_HEADER)
    found = Known(said if said and _REQUEST_ID.fullmatch(said) else _new_id())
    request[_KNOWN] = found
    return found


def known(request: web.BaseRequest) -> Known:
    """Return what is known of a request."""
    try:
        return request[_KNOWN]
    except KeyError:
        # It never came to the guard.
        return begin(request)


def mark(of: Known, response: web.StreamResponse) -> None:
    """Add to an answer what every one says, before it is sent."""
    headers = response.headers
    headers.update(answer_headers(of))
    headers.setdefault("Cache-Control", "no-store")


def answer_headers(of: Known) -> dict[str, str]:
    """Return what every answer says, whatever it is."""
    headers = {
        "X-Request-Id": of.id,
        "X-Content-Type-Options": "nosniff",
        # aiohttp would tell its version.
        "Server": "playbooks",
    }
    if of.allowance is not None:
        limit, remaining, full_seconds, _ = of.allowance
        headers["X-RateLimit-Limit"] = str(limit)
        headers["X-RateLimit-Remaining"] = str(remaining)
        headers["X-RateLimit-Reset"] = str(int(time.time()) + full_seconds)
    return headers


def _new_id() -> str:
    """Return an id like a UUID: the half of one, by chance, of this process, and a number."""
    return f"{_PROCESS}{next(_numbers):012x}"
