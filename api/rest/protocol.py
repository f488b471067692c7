"""The protocol beneath the requests: what cannot be read as one is answered in the product's shape.

aiohttp answers such things by itself, as plain text, before any middleware is asked; and logs a
traceback for each, with which whoever reaches the port could fill the log.
"""

import re
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from api.rest.errors import ApiError, error_response
from api.rest.failures import of_aiohttp
from api.rest.requests import known, mark

log = structlog.get_logger(__name__)


class Runner(web.AppRunner):
    """Runs an application whose connections speak this protocol."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **made._kwargs)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what is no request, or could not be answered by the application."""
        if isinstance(exc, HttpProcessingError):
            reason = _reason(exc)
            log.debug("what came is no request", reason=reason)
            response = error_response(ApiError(400, "malformed_request", reason))
        else:
            # It logs what has happened, and raises when an answer has been begun already.
            super().handle_error(request, status, exc, message)
            reason = f"an error that was not foreseen; it is logged (request {known(request).id})"
            response = error_response(ApiError(status, "internal_error", reason))
        mark(known(request), response)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a failure, but for a body whose rest is looked at again after it was refused."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; one that aiohttp has raised outside of the middlewares in our shape."""
        if isinstance(resp, web.HTTPException):
            resp = error_response(of_aiohttp(resp, request))
            mark(known(request), resp)
            # What else was sent is not read.
            resp.force_close()
        return await super().finish_response(request, resp, start_time)


def _reason(error: HttpProcessingError) -> str:
    """Return what is wrong, without what was sent: it may hold a key."""
    what = re.split(r"[:\n]", error.message, maxsplit=1)[0] if " " in error.message else ""
    return "this is not an HTTP request that can be read" + (f": {what}" if what else "")
