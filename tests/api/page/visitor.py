"""A visitor without scripts: loads pages and sends forms."""

import re
from dataclasses import dataclass

from aiohttp import ClientSession


@dataclass(frozen=True)
class Shown:
    """What a browser would show, and where it came to by redirects."""

    status: int
    path: str
    text: str
    headers: dict[str, str]


class Visitor:
    """Visits ``url``. csrf: what the forms of the session say."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.url = url
        self.csrf = ""
        self._session = session

    async def log_in(self, key: str, leads_to: str = "/") -> Shown:
        """Give a key; remember what the forms will have to say."""
        shown = await self.send("/login", key=key, next=leads_to)
        found = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        self.csrf = found[1] if found else ""
        return shown

    async def see(self, path: str, **query: str) -> Shown:
        """Load a page."""
        return await self._ask("GET", path, params=query)

    async def send(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Shown:
        """Send a form of the session."""
        return await self._ask("POST", path, headers=headers, data={"csrf": self.csrf} | form)

    async def _ask(self, method: str, path: str, **more: object) -> Shown:
        async with self._session.request(method, self.url + path, **more) as response:  # type: ignore[arg-type]
            text = await response.text()
            return Shown(response.status, response.url.path, text, dict(response.headers))
