"""A client of the REST API, for the command line and the demo."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout

from schemas.messages import JsonObject

SILENCE_SECONDS = 60.0
"""Without a word for so long a stream is taken for lost: the API says something every 15 s."""

_LINE_BYTES_MAX = 2 << 20

TIMEOUT_SECONDS = 30.0
"""For one request. The API itself answers within some 5 s, whatever its brokers do."""


class ApiAway(Exception):
    """Nobody answers there, or nobody who speaks as the API does."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"the API does not answer at {url} ({reason}): start it with `playbooks up`, "
            "or say where it is by --url or PLAYBOOKS_URL"
        )


class ApiRefused(Exception):
    """The API answered with an error. problems: (JSON pointer, message), of a document."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(error.get("code", "unknown"))
        self.problems = [
            (str(each.get("pointer", "")), str(each.get("message", "")))
            for each in error.get("errors", ())
        ]
        # What is to be seen there is seen here, in the lines below.
        said = str(error.get("message") or _phrase(status)).removesuffix(": see errors")
        details = "".join(f"\n  {pointer or '/'}: {text}" for pointer, text in self.problems)
        super().__init__(said + _advice(status) + details)


@dataclass(frozen=True)
class Answer:
    """A success. data, meta: of the body; headers: names as the server wrote them."""

    status: int
    data: Any
    meta: Mapping[str, Any]
    headers: Mapping[str, str]


class Client:
    """Asks one API with one key. A block in which it is open.

    Each method raises ApiRefused for an error that the API tells, ApiAway when it cannot tell.
    """

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._session: ClientSession | None = None

    async def __aenter__(self) -> "Client":
        self._session = ClientSession(
            headers=self._headers, timeout=ClientTimeout(total=TIMEOUT_SECONDS)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, *path: str, **query: Any) -> Answer:
        """Ask for ``/api/…``; a part of the query that is None is left out."""
        return await self.ask("GET", *path, query=query)

    async def ask(
        self,
        method: str,
        *path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request. path: its parts below ``/api``, not yet escaped; body: JSON."""
        return _answer(self.url, *await self._asked(method, path, query, body, headers))

    async def fetch(self, *path: str, **query: Any) -> bytes:
        """Ask for a document that comes by itself, as it is."""
        status, content, headers = await self._asked("GET", path, query)
        if status >= HTTPStatus.BAD_REQUEST:
            _answer(self.url, status, content, headers)
        return content

    async def follow(self, **query: Any) -> AsyncGenerator[JsonObject | None, None]:
        """Yield each event as it comes, until the stream ends; first None: from here on all come.

        Of Server-Sent Events only ``data`` is read, which is one line here.
        """
        try:
            async with self._opened().get(
                f"{self.url}/api/events/stream",
                params=_texts(query),
                timeout=ClientTimeout(total=None, sock_read=SILENCE_SECONDS),
                read_bufsize=_LINE_BYTES_MAX,
            ) as response:
                if response.status != HTTPStatus.OK:
                    _answer(self.url, response.status, await response.read(), response.headers)
                yield None
                async for line in response.content:
                    if line.startswith(b"data: "):
                        yield orjson.loads(line.removeprefix(b"data: "))
        except (ClientError, TimeoutError, ValueError) as error:
            raise ApiAway(self.url, str(error) or type(error).__name__) from None

    def _opened(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("the client has not been opened")
        return self._session

    async def _asked(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, Any] | None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        session = self._opened()
        url = "/".join([f"{self.url}/api", *(quote(part, safe="") for part in path)])
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            async with session.request(
                method,
                url,
                params=_texts(query or {}),
                data=None if body is None else orjson.dumps(body),
                headers=sent,
            ) as response:
                return response.status, await response.read(), response.headers
        except TimeoutError:
            raise ApiAway(self.url, f"not within {TIMEOUT_SECONDS:.0f} s") from None
        except (ClientError, ValueError) as error:
            raise ApiAway(self.url, str(error) or type(error).__name__) from None


def _answer(url: str, status: int, content: bytes, headers: Mapping[str, str]) -> Answer:
    if status == HTTPStatus.NO_CONTENT:
        return Answer(status, None, {}, headers)
    try:
        body = orjson.loads(content)
    except ValueError:
        raise ApiAway(url, f"status {status}, but no JSON: is it another program?") from None
    if status >= HTTPStatus.BAD_REQUEST:
        error = body.get("error") if isinstance(body, dict) else None
        raise ApiRefused(status, error if isinstance(error, dict) else {})
    if not isinstance(body, dict):
        raise ApiAway(url, "an answer without data: is it another program?")
    return Answer(status, body.get("data"), body.get("meta") or {}, headers)


def _texts(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in query.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _phrase(status: int) -> str:
    try:
        return f"the API answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"the API answered {status}"


def _advice(status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return "; set PLAYBOOKS_API_KEY, or --data-dir to where the admin.key of this API lies"
    return ""
