"""Health, open to all: alive, and ready to be asked."""

from collections.abc import AsyncIterator

from pydantic import BaseModel

from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError
from api.rest.parts import Parts
from api.rest.route import Route


class Health(BaseModel):
    """status: ``live`` or ``ready``."""

    status: str


async def tell_live(call: Call[NoQuery, None]) -> Answer:
    """Say that the process answers."""
    return answer(Health(status="live"))


async def tell_ready(call: Call[NoQuery, None]) -> Answer:
    """Say whether the table is current and the broker answers; 503 says what is missing."""
    reasons = [reason async for reason in _missing(call.parts)]
    if reasons:
        raise ApiError(
            503,
            "not_ready",
            "not ready: " + "; ".join(reasons),
            headers={"Retry-After": "1"},
            reasons=reasons,
        )
    return answer(Health(status="ready"))


async def _missing(parts: Parts) -> AsyncIterator[str]:
    projection = parts.projection
    if projection is not None and not projection.caught_up:
        behind = "" if projection.lag is None else f", it is {projection.lag} records behind"
        yield f"the table has not caught up with the log yet{behind}"
    elif projection is None and parts.table.position.current_at is None:
        yield "the table has never been current: start a process that projects"
    if not await parts.commands.reaches_broker():
        yield "the Kafka broker does not answer"


ROUTES = (
    Route("GET", "/healthz", tell_live, "Is the process alive?", scope=None, answer=Health),
    Route(
        "GET", "/readyz", tell_ready, "Can it be asked?", scope=None, answer=Health, errors=(503,)
    ),
)
