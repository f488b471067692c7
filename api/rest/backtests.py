"""Backtests: what a draft trigger would have started by the findings of the last days."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.rest.answers.backtests import BacktestShown, shown
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, invalid
from api.rest.queries import Time
from api.rest.route import KIB, Route
from engine import durations, playbooks
from schemas.findings import FINDING_KINDS
from schemas.playbooks import Trigger
from schemas.problems import Problem
from streams.backtests import SECONDS_MAX, backtest

RUNNING = web.AppKey("backtests", asyncio.Semaphore)
"""How many may run at once."""

RUNNING_MAX = 2

_time: TypeAdapter[datetime] = TypeAdapter(Time)


class BacktestRequest(BaseModel):
    """A trigger, as a playbook has it, and the span of time to try it on."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    trigger: dict[str, Any]
    since: str = Field(
        default="7d", max_length=64, description="how long ago (7d), or a time; inclusive"
    )
    until: str | None = Field(
        default=None, max_length=64, description="the same, exclusive; left out: now"
    )
    limit: int = Field(default=10, ge=0, le=100, description="as many examples")


async def backtest_trigger(call: Call[NoQuery, BacktestRequest]) -> Answer:
    """Say what a trigger would have started by the findings that are kept; nothing is started."""
    asked = call.body
    problems = _trigger_problems(asked.trigger)
    since = _moment(asked.since, call.at, "/since", problems)
    until = call.at if asked.until is None else _moment(asked.until, call.at, "/until", problems)
    if not problems and until <= since:
        problems.append(Problem("/until", "is not after since: nothing lies between them"))
    if problems:
        raise invalid("backtest", problems)
    running = call.request.app[RUNNING]
    if running.locked():
        raise ApiError(
            503,
            "backtests_busy",
            f"{RUNNING_MAX} backtests are running already: try again in a few seconds",
            headers={"Retry-After": str(int(SECONDS_MAX / 2))},
        )
    async with running:
        read = await backtest(
            call.parts.settings,
            Trigger.model_validate(asked.trigger),
            since=since,
            until=until,
            examples_max=asked.limit,
        )
    return answer(shown(read, since, until))


def _trigger_problems(trigger: dict[str, Any]) -> list[Problem]:
    problems = playbooks.trigger_problems(trigger, "/trigger")
    event = trigger.get("event")
    if not problems and event not in FINDING_KINDS:
        problems.append(
            Problem("/trigger/event", f"{event} is started by no finding: there is none to try")
        )
    return problems


def _moment(text: str, now: datetime, pointer: str, problems: list[Problem]) -> datetime:
    """Return the time that ``text`` says: how long ago, or itself; else add what is wrong."""
    try:
        return now - timedelta(seconds=durations.seconds(text))
    except ValueError:
        pass
    try:
        return _time.validate_python(text)
    except (ValidationError, OverflowError):
        problems.append(
            Problem(pointer, "is neither a duration like 7d nor a time like 2026-03-01T12:00:00Z")
        )
        return now


ROUTES = (
    Route(
        "POST",
        "/api/playbooks/backtest",
        backtest_trigger,
        "Say what a trigger would have started by the findings that are kept",
        scope="read:playbooks",
        request=BacktestRequest,
        bytes_max=256 * KIB,
        answer=BacktestShown,
    ),
)
