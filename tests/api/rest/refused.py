"""Bodies that each route with a body must refuse: one of wrong types, one with a further field."""

from dataclasses import dataclass
from typing import Any, Final

from api.rest.openapi.examples import REQUESTS
from api.rest.route import Route
from api.rest.routes import ROUTES

VARIABLES: Final = {
    "{playbook_id}": "pb-nowhere",
    "{execution_id}": "pexec-nowhere",
    "{step_id}": "nowhere",
    "{version}": "1.0.0",
    "{key_id}": "key-nowhere",
}
"""Names of what is not there, for each variable of a path."""


@dataclass(frozen=True)
class Refused:
    """further: None, whoever sends may say more than is read: a scanner does."""

    wrong_types: dict[str, Any]
    further: dict[str, Any] | None


_PLAYBOOK: Final = Refused(
    {"id": {}, "name": 7, "version": [], "trigger": "manual", "steps": {}},
    REQUESTS["create_playbook"] | {"extra": 1},
)
_NOTE: Final = Refused({"note": 7}, {"extra": 1})
_FINDING: Final = Refused({"event": 7, "data": []}, None)
_EXECUTION: Final = "POST /api/playbooks/executions/{execution_id}"

BODIES: Final = {
    "POST /api/playbooks": _PLAYBOOK,
    "POST /api/playbooks/validate": _PLAYBOOK,
    "POST /api/playbooks/import": _PLAYBOOK,
    "PUT /api/playbooks/{playbook_id}": _PLAYBOOK,
    "PATCH /api/playbooks/{playbook_id}": Refused({"name": 7, "steps": {}}, {"extra": 1}),
    "POST /api/playbooks/{playbook_id}/run": Refused(
        {"parameters": [], "dry_run": "yes"}, {"extra": 1}
    ),
    f"{_EXECUTION}/cancel": Refused({"note": 7, "undo": "yes"}, {"extra": 1}),
    f"{_EXECUTION}/pause": _NOTE,
    f"{_EXECUTION}/resume": _NOTE,
    f"{_EXECUTION}/rerun": Refused({"from": "middle", "parameters": []}, {"extra": 1}),
    f"{_EXECUTION}/steps/{{step_id}}/approve": _NOTE,
    f"{_EXECUTION}/steps/{{step_id}}/reject": _NOTE,
    "POST /api/playbooks/explain": _FINDING,
    "POST /api/playbooks/backtest": Refused(
        {"trigger": [], "since": 7, "limit": "1"},
        REQUESTS["backtest_trigger"] | {"extra": 1},
    ),
    "POST /api/findings": _FINDING,
    "POST /api/keys": Refused(
        {"name": 7, "scopes": "admin"}, {"name": "Extra", "scopes": ["admin"], "extra": 1}
    ),
}
"""By the name of the route, as in the tests: each that takes a body must stand here."""

RIGHT: Final = {
    named: REQUESTS[route.function.__name__]
    for route in ROUTES
    if (named := f"{route.method} {route.path}") in BODIES
}
"""A body that is right, of each of them."""


def named(route: Route) -> str:
    """Return the name of a route, in this table and of a test about it."""
    return f"{route.method} {route.path}"


def path_of(route: Route, playbook_id: str = VARIABLES["{playbook_id}"]) -> str:
    """Return the path of a route to what is not there, but for a playbook that is given."""
    path = route.path.replace("{playbook_id}", playbook_id)
    for variable, value in VARIABLES.items():
        path = path.replace(variable, value)
    return path
