"""The outermost middleware: whatever goes wrong is answered in the product's shape."""

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from api.keys.store import KeysUnreadable
from api.rest.errors import ApiError, error_response
from api.rest.requests import request_id
from streams.commands import BrokerAway
from streams.table.store import TableError

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into its answer: the refused, aiohttp's own, and the unexpected."""
    try:
        return await handler(request)
    except ApiError as error:
        return error_response(error)
    except web.HTTPException as error:
        return error_response(of_aiohttp(error, request))
    except BrokerAway as error:
        return error_response(_unavailable("broker_unavailable", str(error)))
    except (TableError, KeysUnreadable) as error:
        log.error("request cannot be answered", request_id=request_id(request), reason=str(error))
        return error_response(_unavailable("data_unavailable", _without_path(error)))
    except Exception:
        log.exception("request failed", request_id=request_id(request), path=request.path)
        message = f"an error that was not foreseen; it is logged as request {request_id(request)}"
        return error_response(ApiError(500, "internal_error", message))


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
