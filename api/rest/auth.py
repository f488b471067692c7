"""Who asks: keys from the request's headers, the scope that a route needs, the rate limit."""

import time
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from api.keys.keys import Key, Scope
from api.rest.errors import ApiError
from api.rest.limits import Allowance, RateLimits
from api.rest.parts import PARTS

OPEN_PATHS = web.AppKey("open_paths", frozenset[str])
"""The paths that are open to all, as they stand in the table of routes."""

LIMITS = web.AppKey("limits", RateLimits)

_KEY = web.RequestKey("key", Key)
_ALLOWANCE = web.RequestKey("allowance", Allowance)


@web.middleware
async def authentication(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who has a key and has not asked too often. Before any path is told apart."""
    resource = request.match_info.route.resource
    if resource is None or resource.canonical not in request.app[OPEN_PATHS]:
        admit(request, _authenticated(request))
    return await handler(request)


def admit(request: web.Request, key: Key) -> None:
    """Note whose request it is. ApiError 429: this key has asked too often."""
    request[_KEY] = key
    allowance = request.app[LIMITS].take(key.id, time.monotonic())
    if allowance is not None:
        request[_ALLOWANCE] = allowance
        if allowance.retry_seconds is not None:
            raise _limited(allowance.retry_seconds)


def asking(request: web.Request, scope: Scope | None) -> Key | None:
    """Return the key that asks. ApiError 403: it is not allowed what the route needs."""
    key = request.get(_KEY)
    if scope is not None and key is not None and not key.allows(scope):
        raise ApiError(
            403,
            "missing_scope",
            f"key {key.name} does not have the scope {scope}",
            scope=scope,
        )
    return key


def limit_headers(request: web.BaseRequest) -> dict[str, str]:
    """Return what the answer says about the rate limit, nothing without one."""
    allowance = request.get(_ALLOWANCE)
    if allowance is None:
        return {}
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(int(time.time()) + allowance.full_seconds),
    }


def _authenticated(request: web.Request) -> Key:
    said = request.headers.get("Authorization")
    text = request.headers.get("X-API-Key")
    if said is not None:
        scheme, _, text = said.partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthenticated("Authorization must be: Bearer KEY")
    if not text or not text.strip():
        raise _unauthenticated("an API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY")
    key = request.app[PARTS].keys.authenticated(text.strip(), datetime.now(UTC))
    if key is None:
        raise _unauthenticated("the API key is unknown, revoked or expired")
    return key


def _unauthenticated(message: str) -> ApiError:
    return ApiError(
        401, "unauthenticated", message, headers={"WWW-Authenticate": 'Bearer realm="playbooks"'}
    )


def _limited(seconds: int) -> ApiError:
    return ApiError(
        429,
        "rate_limited",
        f"too many requests: try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
        retry_after=seconds,
    )
