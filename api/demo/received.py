"""What the stand-in was sent, as it is shown and counted."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from aiohttp import web

Kind = Literal["slack", "jira_search", "jira_issue", "hook", "block"]

_TEXT_LENGTH = 200


@dataclass(frozen=True)
class Received:
    """One request. text: what it is about, in a line. failed: it was answered badly on request.

    headers: names in lower case. body: JSON if it is, else text.
    """

    kind: Kind
    path: str
    text: str
    headers: Mapping[str, str]
    body: Any
    failed: bool


async def received(kind: Kind, request: web.Request, *, failed: bool) -> Received:
    """Return the record of ``request``, whatever it holds."""
    body: Any = (await request.read()).decode(errors="replace")
    with suppress(ValueError):
        body = orjson.loads(body)
    return Received(
        kind,
        request.path,
        _text(kind, body),
        {name.lower(): value for name, value in request.headers.items()},
        body,
        failed,
    )


def _text(kind: Kind, body: Any) -> str:
    match kind, body:
        case "slack", {"text": str(text)}:
            pass
        case "jira_issue", {"fields": {"summary": str(text)}}:
            pass
        case "jira_search", {"jql": str(text)}:
            pass
        case _:
            text = body if isinstance(body, str) else orjson.dumps(body).decode()
    return text if len(text) <= _TEXT_LENGTH else f"{text[:_TEXT_LENGTH]}…"
