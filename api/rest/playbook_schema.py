"""The playbook format for editors: a JSON Schema."""

import orjson
from aiohttp import web

from api.rest.calls import Call, NoQuery
from api.rest.route import Route
from engine.playbook_schema import playbook_schema

SCHEMA_JSON = "application/schema+json"


async def show_schema(call: Call[NoQuery, None]) -> web.Response:
    """Show the JSON Schema of a playbook."""
    return web.Response(body=orjson.dumps(playbook_schema()), content_type=SCHEMA_JSON)


ROUTES = (
    Route(
        "GET",
        "/api/playbooks/schema",
        show_schema,
        "Show the JSON Schema of a playbook",
        scope="read:playbooks",
    ),
)
