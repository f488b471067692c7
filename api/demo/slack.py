"""Slack, as far as the stand-in is it: ``chat.postMessage``."""

from hashlib import sha256
from itertools import count

import orjson
from aiohttp import web


class Slack:
    """Takes messages from whoever has the token, and says no as Slack does: with status 200."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._numbers = count(1)

    async def post_message(self, request: web.Request) -> web.Response:
        """Answer ``chat.postMessage``."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return _refused("not_authed")
        if token != self._token:
            return _refused("invalid_auth")
        try:
            message = orjson.loads(await request.read())
        except ValueError:
            message = None
        match message:
            case {"channel": str(channel), "text": str(text)} if channel and text:
                timestamp = f"1767225600.{next(self._numbers):06}"
                answer = {"ok": True, "channel": _channel_id(channel), "ts": timestamp}
                return web.json_response(answer | {"message": {"text": text, "ts": timestamp}})
            case {"channel": str(), "text": ""}:
                return _refused("no_text")
            case {"text": _}:
                return _refused("channel_not_found")
        return _refused("invalid_arguments")


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})


def _channel_id(channel: str) -> str:
    """Return the id of a channel: Slack takes names, and answers with ids."""
    if not channel.startswith("#"):
        return channel
    return f"C{sha256(channel.encode()).hexdigest()[:10].upper()}"
