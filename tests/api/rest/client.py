"""A client of the API, as a user's would be, and playbooks to ask it about."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import ClientSession

from tests.api.rest import contract
from tests.examples import action


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers, and its body as JSON, None when it has none."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def data(self) -> Any:
        """What the envelope of success holds."""
        assert self.status < 300, (self.status, self.body)
        return self.body["data"]

    @property
    def error(self) -> Any:
        """What the envelope of an error holds."""
        assert self.status >= 400, (self.status, self.body)
        assert self.body["status"] == "error"
        return self.body["error"]

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the code of an error."""
        return self.status, self.error["code"]


class Client:
    """Asks ``url``, with ``key`` unless the headers say otherwise."""

    def __init__(self, session: ClientSession, url: str, key: str | None) -> None:
        self.url = url
        self._session = session
        self._key = key

    def with_key(self, key: str | None) -> "Client":
        """Return a client with another key, or with none."""
        return Client(self._session, self.url, key)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        chunked: bool | None = None,
        **query: Any,
    ) -> Reply:
        """Send a request. body: bytes as they are, anything else as JSON.

        chunked: its length is not said beforehand.
        """
        said = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        if body is not None:
            said["Content-Type"] = "application/json"
        said |= headers or {}
        raw = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        stream = None if raw is None else BytesIO(raw)
        async with self._session.request(
            method, self.url + path, data=stream, headers=said, params=query, chunked=chunked
        ) as response:
            text = await response.read()
            told = {name.lower(): value for name, value in response.headers.items()}
            told_body = orjson.loads(text) if text else None
        # Whatever a test asks about, the document of the API must say what comes.
        contract.check(method, path, response.status, told_body)
        return Reply(response.status, told, told_body)

    async def get(self, path: str, **query: Any) -> Reply:
        """Ask for something."""
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Send something; ``idempotency_key="…"`` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", path, body, headers=named)

    async def create(self, *steps: dict[str, Any], **says: Any) -> str:
        """Create a playbook of a name of its own; return its id."""
        reply = await self.post("/api/playbooks", playbook(*steps, **says))
        created: str = reply.data["id"]
        return created

    async def run_to_end(self, playbook_id: str, **says: Any) -> dict[str, Any]:
        """Run a playbook; return the execution once it has ended."""
        started = await self.post(f"/api/playbooks/{playbook_id}/run", says)
        return await self.ended(started.data["execution_id"])

    async def ended(self, execution_id: str) -> dict[str, Any]:
        """Return an execution once it has ended."""
        # Each answer waits for the one before; the test's own time limit ends this.
        while True:
            reply = await self.get(f"/api/playbooks/executions/{execution_id}")
            execution: dict[str, Any] = reply.data
            if execution["status"] in ("completed", "failed", "cancelled"):
                return execution


def playbook(*steps: dict[str, Any], **says: Any) -> dict[str, Any]:
    """Return a valid document, of a name of its own."""
    return {
        "name": f"Example {uuid4().hex[:12]}",
        "version": "1.0.0",
        "trigger": {"event": "manual"},
        "steps": list(steps) or [action("one", parameters={"say": "hello"})],
    } | says


def fault_pointers(reply: Reply) -> list[str]:
    """Return where the faults are that a 422 lists."""
    return [fault["pointer"] for fault in reply.error["errors"]]
