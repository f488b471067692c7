"""Health, open to all: alive, and ready to be asked."""

from pydantic import BaseModel

from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError
from api.rest.parts import Parts
from api.rest.route import Route


class Health(BaseModel):
    """status: ``live`` or ``ready``."""

    status: str


class Check(BaseModel):
    """One thing that must be so for this process to be asked. reason: why it is not; "": it is."""

    name: str
    ok: bool
    reason: str = ""


class Readiness(Health):
    """checks: all that was looked at."""

    checks: list[Check]


async def tell_live(call: Call[NoQuery, None]) -> Answer:
    """Say that the process answers."""
    return answer(Health(status="live"))


async def tell_ready(call: Call[NoQuery, None]) -> Answer:
    """Say whether the table is current and the broker answers; 503 says what is missing."""
    checks = [
        _check("table", _why_table_is_not(call.parts)),
        _check("broker", await _why_broker_is_not(call.parts)),
    ]
    reasons = [check.reason for check in checks if not check.ok]
    if reasons:
        raise ApiError(
            503,
            "not_ready",
            "not ready: " + "; ".join(reasons),
            headers={"Retry-After": "1"},
            reasons=reasons,
            checks=[check.model_dump() for check in checks],
        )
    return answer(Readiness(status="ready", checks=checks))


def _check(name: str, reason: str) -> Check:
    return Check(name=name, ok=not reason, reason=reason)


def _why_table_is_not(parts: Parts) -> str:
    projection = parts.projection
    if projection is not None and not projection.caught_up:
        behind = "" if projection.lag is None else f", it is {projection.lag} records behind"
        return f"the table has not caught up with the log yet{behind}"
    if projection is None and parts.table.position.current_at is None:
        return "the table has never been current: start a process that projects"
    return ""


async def _why_broker_is_not(parts: Parts) -> str:
    return "" if await parts.commands.reaches_broker() else "the Kafka broker does not answer"


ROUTES = (
    Route("GET", "/healthz", tell_live, "Is the process alive?", scope=None, answer=Health),
    Route(
        "GET",
        "/readyz",
        tell_ready,
        "Can it be asked?",
        scope=None,
        answer=Readiness,
        errors=(503,),
    ),
)
