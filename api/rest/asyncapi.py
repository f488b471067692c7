"""The AsyncAPI document of this deployment's topics."""

import orjson
from aiohttp import web

from api.rest.calls import Call, NoQuery
from api.rest.route import JSON, Route
from streams.asyncapi import document


async def show_topics_document(call: Call[NoQuery, None]) -> web.Response:
    """Show the AsyncAPI document: the topics, and the messages on them."""
    told = document(call.parts.settings.topic_prefix)
    return web.Response(body=orjson.dumps(told), content_type=JSON, charset="utf-8")


ROUTES = (
    Route(
        "GET",
        "/asyncapi.json",
        show_topics_document,
        "Show the AsyncAPI document of the topics",
        scope="read:playbooks",
    ),
)
