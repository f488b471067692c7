"""The stand-in: a server on this machine that takes the place of Slack, Jira and others.

The demo and the tests point the connectors at it, so that what they do is real HTTP and can
be looked at afterwards. It answers as the real ones do where the connectors depend on it, and
misbehaves on request. Nothing that it is sent leaves this machine.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from api.demo.failures import Failure, Handler
from api.demo.jira import Jira
from api.demo.received import Kind, Received, received
from api.demo.slack import Slack

RECEIVED_MAX = 10_000
STOP_SECONDS = 1.0


class StandIn:
    """The server, what it has received, and what it will do wrong next."""

    def __init__(
        self,
        *,
        token: str = "stand-in-token",
        host: str = "127.0.0.1",
        port: int = 0,
        tell: Callable[[Received], None] | None = None,
    ) -> None:
        """token: what Slack, Jira and the firewall accept. port: 0 is any free one.

        tell: is told of each request.
        """
        self.base_url = ""
        self.jira = Jira(token, issues_max=RECEIVED_MAX)
        self._slack = Slack(token)
        self._token = token
        self._host, self._port = host, port
        self._tell = tell
        self._received: deque[Received] = deque(maxlen=RECEIVED_MAX)
        self._failures: defaultdict[Kind, deque[Failure]] = defaultdict(deque)
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen and return the base URL."""
        self._stopping.clear()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self.base_url

    async def stop(self) -> None:
        """Stop listening, and let go of whom it has kept hanging."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def received(self) -> list[Received]:
        """The requests in the order in which they came, the last ``RECEIVED_MAX`` of them."""
        return list(self._received)

    def fail(self, kind: Kind, *failures: Failure) -> None:
        """Answer the next requests of a kind with these failures, one each."""
        self._failures[kind].extend(failures)

    def actions(self) -> dict[str, dict[str, Any]]:
        """Return the content of an actions file that points the connectors here."""
        return {
            "act-slack-notify": {
                "connector": "slack",
                "base_url": f"{self.base_url}/api",
                "token": self._token,
            },
            "act-jira-create": {
                "connector": "jira",
                "base_url": self.base_url,
                "email": "soc@example.com",
                "token": self._token,
                "api": 3,
            },
        }

    def _app(self) -> web.Application:
        app = web.Application()
        for path, kind, handler in (
            ("/api/chat.postMessage", "slack", self._slack.post_message),
            ("/rest/api/{api:[23]}/issue", "jira_issue", self.jira.create),
            ("/rest/api/{api:3}/search/jql", "jira_search", self.jira.search),
            ("/rest/api/{api:2}/search", "jira_search", self.jira.search),
            ("/blocks", "block", self._block),
        ):
            app.router.add_post(path, self._watched(kind, handler))
        app.router.add_route("*", "/hooks/{name}", self._watched("hook", _accept))
        return app

    def _watched(self, kind: Any, handler: Handler) -> Handler:
        """Return ``handler`` with everything recorded, and replaced when it is to fail."""

        async def watched(request: web.Request) -> web.StreamResponse:
            failures = self._failures[kind]
            failure = failures.popleft() if failures else None
            said = await received(kind, request, failed=failure is not None)
            self._received.append(said)
            if self._tell is not None:
                self._tell(said)
            if failure is None:
                return await handler(request)
            return await failure.answer(request, handler, self._stopping)

        return watched

    async def _block(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.json_response({"error": "unauthorized"}, status=401)
        try:
            orjson.loads(await request.read())
        except ValueError:
            return web.json_response({"error": "not JSON"}, status=400)
        blocks = sum(each.kind == "block" for each in self._received)
        return web.json_response({"id": f"block-{blocks}", "status": "active"}, status=201)


async def _accept(request: web.Request) -> web.Response:
    return web.json_response({"accepted": request.match_info["name"]})
