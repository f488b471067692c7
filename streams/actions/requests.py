"""HTTP for connectors: one session, one way to send, one vocabulary for what goes wrong.

Redirects are not followed: a redirect would carry credentials, or a request that changes
something, to an address that neither operator nor author has named. Proxies and credentials
of the environment are not used, cookies are not kept: no call sees anything of another one.
"""

import errno
import os
import re
from collections.abc import Mapping
from ssl import SSLError
from typing import Any

import aiohttp
import orjson
from aiohttp import ClientConnectorError, ClientResponse, ClientSession, ClientTimeout
from multidict import CIMultiDict
from yarl import URL

from streams import traces
from streams.actions.answers import Answer
from streams.actions.connector import Call
from streams.actions.egress import Egress
from streams.actions.errors import (
    ActionError,
    ConnectionLost,
    ConnectionTimedOut,
    InvalidAnswer,
    NotAllowed,
    NotConnected,
    NotTrusted,
    TimedOut,
)

REQUEST_SECONDS = 30.0
"""For one request, from the first byte of the connection to the last of the answer."""

CONNECT_SECONDS = 10.0

ANSWER_BYTES_MAX = 1024 * 1024
"""Of an answer that is parsed; Slack returns the whole message it was sent."""

_CONNECTIONS_MAX = 100
_KEEP_ALIVE_SECONDS = 4.0
"""Less than the 5 s of the quickest servers: a POST on a connection that its other side is
just closing fails, and would be tried again for nothing."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def open_session(egress: Egress | None) -> ClientSession:
    """Return a session for all connectors. Needs a running loop; close it.

    egress: what its connections may lead to; None: anywhere, for what the operator names. Those
    have a session of their own: a connection that is kept for the next request is then never
    one that the next request could not have made.
    """
    return ClientSession(
        connector=aiohttp.TCPConnector(
            limit=_CONNECTIONS_MAX,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            socket_factory=None if egress is None else egress.socket_factory,
            resolver=None if egress is None else egress.resolver(),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "playbook-streams"},
        trust_env=False,
    )


async def send(
    call: Call[Any],
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    timeout_seconds: float = REQUEST_SECONDS,
    bytes_max: int = ANSWER_BYTES_MAX,
) -> Answer:
    """Send one request and return the answer, whatever its status. Raises ActionError.

    json: sent as such, if not None; else ``body``, as it is. Every request carries the
    idempotency key of the call, and its trace context; ``headers`` go before both.
    """
    fields = CIMultiDict({"Accept": "application/json, */*;q=0.5"})
    fields["Idempotency-Key"] = call.idempotency_key
    if json is not None:
        body = orjson.dumps(json)
        fields["Content-Type"] = "application/json; charset=utf-8"
    fields.update(headers or {})
    # Without path and query: they may hold what only the remote side is to know.
    request = f"{method} {URL(url).origin()}"
    says = {"http.request.method": method, "server.address": URL(url).host or ""}
    with traces.spanning(method, call.traceparent, "client", **says) as span:
        if span.traceparent and _TRACEPARENT.fullmatch(span.traceparent):
            fields.setdefault("traceparent", span.traceparent)
        answer = await _exchange(call, request, url, fields, body, timeout_seconds, bytes_max)
        span.say(**{"http.response.status_code": answer.status})
        if answer.status >= 400:
            span.fail(str(answer.status))
    return answer


async def _exchange(
    call: Call[Any],
    request: str,
    url: str,
    fields: CIMultiDict[str],
    body: bytes | None,
    timeout_seconds: float,
    bytes_max: int,
) -> Answer:
    try:
        async with call.session_for(url).request(
            request.partition(" ")[0],
            url,
            headers=fields,
            data=body,
            allow_redirects=False,
            timeout=ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_SECONDS),
        ) as response:
            content, cut = await _content(response, bytes_max)
            return Answer(
                request,
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                content,
                cut,
                response.charset,
                call.redaction,
            )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _failure(request, error, timeout_seconds) from error


async def _content(response: ClientResponse, bytes_max: int) -> tuple[bytes, bool]:
    """Return the content up to the limit, and whether there was more.

    Leaving with content unread closes the connection: nobody is made to download the rest.
    """
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > bytes_max:
            return bytes(content[:bytes_max]), True
    return bytes(content), False


def _failure(request: str, error: Exception, timeout_seconds: float) -> ActionError:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return ConnectionTimedOut(request, min(CONNECT_SECONDS, timeout_seconds))
        case TimeoutError():
            return TimedOut(request, timeout_seconds)
        case aiohttp.ClientConnectorCertificateError():
            return NotTrusted(request, str(error.certificate_error))
        case ClientConnectorError() if error.os_error.errno == errno.EACCES:
            return NotAllowed(request)
        case ClientConnectorError():
            return NotConnected(request, _spoken(error.os_error))
        case aiohttp.InvalidURL():
            return ActionError("invalid_parameters", f"{request}: the url cannot be asked")
        case aiohttp.ClientResponseError():
            return InvalidAnswer(request, f"it is not HTTP: {error.message[:200]}")
        case aiohttp.ServerDisconnectedError():
            return ConnectionLost(request, "closed by the other side")
        case aiohttp.ClientPayloadError():
            return ConnectionLost(request, "the content ended too early, or does not unpack")
        case SSLError():
            return ConnectionLost(request, error.reason or "a TLS error")
        case OSError():
            return ConnectionLost(request, _spoken(error))
    return ConnectionLost(request, type(error).__name__)


def _spoken(error: OSError) -> str:
    """Return the system's words for an error; asyncio has its own for some."""
    if (
        error.errno is not None
        and error.errno in errno.errorcode
        and not isinstance(error, SSLError)
    ):
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__
