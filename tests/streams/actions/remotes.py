"""Stand-ins for the systems that connectors talk to, over real HTTP, as far as they depend on them.

One server answers for all; what each keeps is in ``Remote``. Failures come first, one each.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from api.demo.failures import Failure

TOKEN = "remote-token"


class Remote:
    """The systems, what they were asked, and what they will do wrong next."""

    def __init__(self) -> None:
        self.base_url = ""
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        self.failures: deque[Failure] = deque()
        self.incidents: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self._stopping = asyncio.Event()

    def made(self, path: str) -> list[Any]:
        """Return the bodies that were posted to a path."""
        return [body for method, at, body, _ in self.asked if (method, at) == ("POST", path)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        content = await request.read()
        body = orjson.loads(content) if content else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.method, request.path, body, headers))
        if self.failures:
            failure = self.failures.popleft()
            return await failure.answer(request, self._rightly, self._stopping)
        return await self._rightly(request)

    async def _rightly(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        status, answer = self._of(request, orjson.loads(content) if content else None)
        if isinstance(answer, str):
            return web.Response(text=answer, status=status)
        return web.json_response(answer, status=status)

    def _of(self, request: web.Request, body: Any) -> tuple[int, Any]:
        match request.method, request.path:
            case "POST", "/v2/enqueue":
                if body["routing_key"] != TOKEN:
                    return 400, {"status": "invalid event", "errors": ["routing_key"]}
                return 202, {"status": "success", "dedup_key": body["dedup_key"]}
            case "GET", "/api/now/table/incident":
                key = request.query["sysparm_query"].partition("=")[2]
                return 200, {"result": [i for i in self.incidents if i["correlation_id"] == key]}
            case "POST", "/api/now/table/incident":
                number = len(self.incidents) + 1
                self.incidents.append(
                    body | {"number": f"INC{number:07}", "sys_id": f"{number:032}"}
                )
                return 201, {"result": self.incidents[-1]}
            case "GET", "/repos/soc/findings/issues":
                return 200, self.issues[::-1]
            case "POST", "/repos/soc/findings/issues":
                number = len(self.issues) + 1
                url = f"https://github.com/soc/findings/issues/{number}"
                self.issues.append(body | {"number": number, "html_url": url})
                return 201, self.issues[-1]
            case "POST", "/api/v1/alert":
                return self._alert(body)
            case "POST", "/api/v1/query":
                same = [each["_eq"] for each in body["query"][1]["_and"]]
                wanted = {each["_field"]: each["_value"] for each in same}
                return 200, [a for a in self.alerts if wanted.items() <= a.items()]
            case "POST", "/services/T0/B0/remote-token":
                return (400, "no_text") if not body.get("text") else (200, "ok")
            case "POST", path if path.startswith("/services/"):
                return 404, "no_service"
            case "POST", "/blocks":
                return 201, {"id": "block-1", "status": "active"}
        return 404, {"error": "not found"}

    def _alert(self, body: dict[str, Any]) -> tuple[int, Any]:
        key = [body[each] for each in ("type", "source", "sourceRef")]
        for alert in self.alerts:
            if [alert[each] for each in ("type", "source", "sourceRef")] == key:
                return 400, {"type": "CreateError", "message": "Alert already exists"}
        self.alerts.append(body | {"_id": f"~{len(self.alerts) + 1}"})
        return 201, self.alerts[-1]

    def stop(self) -> None:
        """Let go of whom it keeps waiting."""
        self._stopping.set()

    def actions(self) -> dict[str, dict[str, Any]]:
        """Return the content of an actions file that points the connectors here."""
        at = {"base_url": self.base_url, "token": TOKEN}
        return {
            "act-pagerduty-trigger": {
                "connector": "pagerduty",
                "base_url": self.base_url,
                "routing_key": TOKEN,
            },
            "act-servicenow-create": {"connector": "servicenow", "username": "soc", **at},
            "act-github-issue": {"connector": "github", **at},
            "act-thehive-alert": {"connector": "thehive", **at},
            "act-slack-notify": {
                "connector": "slack-webhook",
                "url": f"{self.base_url}/services/T0/B0/{TOKEN}",
            },
            "act-block-ip": {
                "connector": "block-ip",
                "protected": ["198.51.100.0/24"],
                "base_url": f"{self.base_url}/blocks",
                "token": TOKEN,
            },
        }


@asynccontextmanager
async def remotes() -> AsyncIterator[Remote]:
    """Serve on a free port of the loopback interface."""
    remote = Remote()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", remote.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    remote.base_url = f"http://{host}:{port}"
    try:
        yield remote
    finally:
        remote.stop()
        await runner.cleanup()
