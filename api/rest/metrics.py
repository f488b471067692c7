"""Metrics, as Prometheus reads them."""

import math

from aiohttp import web

from api.rest.calls import Call, NoQuery
from api.rest.parts import Parts
from api.rest.route import Route
from streams import metrics

PATH = "/metrics"
TEXT = "text/plain"


async def show_metrics(call: Call[NoQuery, None]) -> web.Response:
    """Show what this process has counted, in the text format of Prometheus.

    With PLAYBOOKS_METRICS_PUBLIC=1 it needs no key.
    """
    age_seconds = call.parts.table.position.age_seconds(call.at)
    metrics.TABLE_AGE.set(math.nan if age_seconds is None else age_seconds)
    metrics.TABLE_LAG.set(_lag(call.parts))
    return web.Response(body=metrics.text(), headers={"Content-Type": metrics.MEDIA_TYPE})


def _lag(parts: Parts) -> float:
    lag = None if parts.projection is None else parts.projection.lag
    return math.nan if lag is None else lag


ROUTES = (
    Route(
        "GET",
        PATH,
        show_metrics,
        "Show the metrics of this process",
        scope="read:playbooks",
        produces=TEXT,
    ),
)
