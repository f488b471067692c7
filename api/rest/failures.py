"""Failures: whatever goes wrong is answered in the product's shape."""

import structlog
from aiohttp import web

from api.keys.store import KeysUnreadable
from api.rest.errors import ApiError, error_response
from api.rest.requests import known
from streams.commands import BrokerAway
from streams.table.store import TableError

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5


def failure(error: Exception, request: web.Request) -> web.Response:
    """Return the answer to an error: the refused, aiohttp's own, and the unexpected."""
    return error_response(_said(error, request))


def _said(error: Exception, request: web.Request) -> ApiError:
    match error:
        case ApiError():
            return error
        case web.HTTPException():
            return of_aiohttp(error, request)
        case BrokerAway():
            return _unavailable("broker_unavailable", str(error))
        case TableError() | KeysUnreadable():
            named = known(request).id
            log.error("request cannot be answered", request_id=named, reason=str(error))
            return _unavailable("data_unavailable", _without_path(error))
    named = known(request).id
    log.error("request failed", request_id=named, path=request.path, exc_info=error)
    message = f"an error that was not foreseen; it is logged as request {named}"
    return ApiError(500, "internal_error", message)


def of_aiohttp(error: web.HTTPException, request: web.BaseRequest) -> ApiError:
    """Return the same as an error of this API."""
    match error:
        case web.HTTPNotFound():
            return ApiError(404, "not_found", f"there is no {request.path[:200]}")
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return ApiError(
                405,
                "method_not_allowed",
                f"{request.method[:20]} is not possible here (allowed: {allowed})",
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return ApiError(413, "body_too_large", "the body is too large")
        case web.HTTPExpectationFailed():
            reason = "Expect can only say 100-continue: say that, or leave it out"
            return ApiError(417, "expectation_failed", reason)
    code = (error.reason or "error").lower().replace(" ", "_").replace("-", "_")
    return ApiError(error.status, code, error.reason or "the request cannot be served")


def _unavailable(code: str, message: str) -> ApiError:
    return ApiError(503, code, message, headers={"Retry-After": str(_RETRY_SECONDS)})


def _without_path(error: Exception) -> str:
    what = "table" if isinstance(error, TableError) else "file of the keys"
    return f"the {what} cannot be read at the moment: the log of the server says why"
