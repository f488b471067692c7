"""Backtests as they are answered."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from schemas.messages import Instant
from streams.backtests import Read


class DayShown(BaseModel):
    """The findings of one day, in UTC."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    scanned: int
    matched: int


class ExampleShown(BaseModel):
    """A finding that matches. at: when it arrived."""

    model_config = ConfigDict(from_attributes=True)

    event_id: str
    event: str
    at: Instant
    finding_id: str | None
    title: str | None
    severity: str | None
    asset_id: str | None
    asset_name: str | None


class BacktestShown(BaseModel):
    """What a draft trigger would have started.

    complete: false, the log was too long, or the matches too many, to count them all.
    malformed: records that hold no finding. repeated, deduplicated, throttled, unkeyed: matches
    that start nothing; started: the others.
    """

    model_config = ConfigDict(from_attributes=True)

    since: Instant
    until: Instant
    complete: bool
    scanned: int
    malformed: int
    matched: int
    repeated: int
    deduplicated: int
    throttled: int
    unkeyed: int
    started: int
    per_day: list[DayShown]
    examples: list[ExampleShown] = Field(description="the latest, newest first")


def shown(read: Read, since: Instant, until: Instant) -> BacktestShown:
    """Return what a backtest is answered with."""
    outcome = read.outcome
    counts = {
        name: getattr(outcome, name)
        for name in BacktestShown.model_fields
        if name not in ("since", "until", "complete", "per_day", "examples")
    }
    return BacktestShown(
        since=since,
        until=until,
        complete=read.complete,
        **counts,
        per_day=[DayShown.model_validate(day) for day in outcome.per_day],
        examples=[ExampleShown.model_validate(example) for example in outcome.examples],
    )
