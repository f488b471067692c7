"""The table of routes: everything that can be asked.

It drives the routing, the reading of queries and bodies, the scopes and the document of the
API, so that none of them can say something else than another.
"""

from api.rest import (
    actions,
    approvals,
    asyncapi,
    backtests,
    controls,
    exchange,
    executions,
    explanations,
    findings,
    health,
    keys,
    metrics,
    playbook_schema,
    playbooks,
    reruns,
    runs,
    streams,
    versions,
)
from api.rest.openapi import document
from api.rest.route import Route

ROUTES: tuple[Route, ...] = (
    *playbooks.ROUTES,
    *versions.ROUTES,
    *exchange.ROUTES,
    *runs.ROUTES,
    *executions.ROUTES,
    *controls.ROUTES,
    *reruns.ROUTES,
    *approvals.ROUTES,
    *explanations.ROUTES,
    *backtests.ROUTES,
    *playbook_schema.ROUTES,
    *findings.ROUTES,
    *streams.ROUTES,
    *actions.ROUTES,
    *keys.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *document.ROUTES,
    *asyncapi.ROUTES,
)
