"""Who asks: keys from the request's headers, the scope that a route needs, the rate limit."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import hdrs, web

from api.keys.keys import Key, Scope
from api.keys.store import KeyStore
from api.rest.errors import ApiError
from api.rest.limits import RateLimits
from api.rest.requests import Known, known

LIMITS = web.AppKey("limits", RateLimits)


def authenticate(of: Known, headers: Mapping[str, str], keys: KeyStore, limits: RateLimits) -> None:
    """Note whose request it is. ApiError 401: nobody's. 429: this key has asked too often."""
    admit(of, _authenticated(headers, keys), limits)


def admit(of: Known, key: Key, limits: RateLimits) -> None:
    """Note whose request it is. ApiError 429: this key has asked too often."""
    of.key = key
    of.allowance = allowance = limits.take(key.id, time.monotonic())
    if allowance is not None and allowance.retry_seconds is not None:
        raise _limited(allowance.retry_seconds)


def asking(request: web.Request, scope: Scope | None) -> Key | None:
    """Return the key that asks. ApiError 403: it is not allowed what the route needs."""
    key = known(request).key
    if scope is not None and key is not None and not key.allows(scope):
        raise ApiError(
            403,
            "missing_scope",
            f"key {key.name} does not have the scope {scope}: "
            f"`playbooks keys create --name NAME --scope {scope}` makes one that has",
            scope=scope,
        )
    return key


def _authenticated(headers: Mapping[str, str], keys: KeyStore) -> Key:
    said = headers.get(hdrs.AUTHORIZATION)
    if said is None:
        text = headers.get("X-API-Key", "").strip()
    else:
        scheme, _, rest = said.partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthenticated("Authorization must be: Bearer KEY")
        text = rest.strip()
    if not text:
        raise _unauthenticated("an API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY")
    key = keys.authenticated(text, datetime.now(UTC))
    if key is None:
        raise _unauthenticated(
            "the API key is unknown, revoked or expired: "
            "`playbooks keys list` tells which there are, `playbooks keys create` makes one"
        )
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
