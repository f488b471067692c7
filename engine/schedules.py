"""Schedules: when a five-field cron fires, in its own time zone.

croniter counts on the wall clock, which knows no zone; what the wall clock of a zone shows is
said here, once, because of the two nights a year on which it lies:

    a time that is skipped        fires right after the gap, however many are skipped
    a time that comes twice       fires the first time only

So every time of the schedule fires once, and in order.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

from schemas.problems import Problem, below

COUNT_MAX: Final = 1_000
"""How many firings are counted: after a long stop, more is just "many"."""

_CRON_LENGTH_MAX = 256
_VALUE = r"(?:\d{1,2}|[a-z]{3})"
_ITEM = rf"(?:(?:\*|\?|{_VALUE}(?:-{_VALUE})?)(?:/\d{{1,2}})?|l|{_VALUE}#[1-5]|l[0-7])"
_FIELD = re.compile(rf"{_ITEM}(?:,{_ITEM})*", re.ASCII | re.IGNORECASE)
_STEP = re.compile(r"/(\d+)", re.ASCII)
_FIELDS = {"minute": 60, "hour": 24, "day of the month": 31, "month": 12, "day of the week": 7}
"""The fields in their order, and how many values each has."""

_OF_THE_MACHINE = {"localtime", "Factory"}
_SECOND = timedelta(seconds=1)
_PROBED: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - the wall clock
"""Where the search for a first firing starts: any time does, 50 years are looked through."""


class Firing(NamedTuple):
    """A time of a schedule that has come. missed: earlier ones that nobody was there for."""

    due_at: datetime
    missed: int


def firing(cron: str, timezone: str, after: datetime, until: datetime) -> Firing | None:
    """Return what is to be fired of (after, until]: the last one, for all of them; None: nothing.

    Raises as ``latest`` does.
    """
    due_at, count = latest(cron, timezone, after, until)
    return None if due_at is None else Firing(due_at, count - 1)


def following(cron: str, timezone: str, after: datetime) -> datetime:
    """Return the first firing later than ``after``, aware, in UTC.

    after: aware. Raises ValueError for a cron and KeyError for a zone that ``problems`` would
    have refused.
    """
    zone = ZoneInfo(timezone)
    wall = after.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return next(found for found in _onward(cron, zone, wall) if found > after)


def latest(
    cron: str, timezone: str, after: datetime, until: datetime
) -> tuple[datetime | None, int]:
    """Return the last firing in (after, until], aware, in UTC, and how many there are.

    After a stop this says what was missed. No more than ``COUNT_MAX`` are counted.
    Raises ValueError for a cron and KeyError for a zone that ``problems`` would have refused.
    """
    last, count = None, 0
    for found in _back(cron, ZoneInfo(timezone), until):
        if found <= after or count == COUNT_MAX:
            break
        last, count = last or found, count + 1
    return last, count


def problems(cron: str, timezone: str, pointer: str) -> list[Problem]:
    """Return what is wrong with a trigger that stands at ``pointer``, in its two keys."""
    faults = {"cron": _fault_of_cron(cron), "timezone": _fault_of_zone(timezone)}
    return [Problem(below(pointer, key), fault) for key, fault in faults.items() if fault]


def _onward(cron: str, zone: ZoneInfo, wall: datetime) -> Iterator[datetime]:
    walls = croniter(cron, wall, ret_type=datetime)
    while True:
        yield _instant(walls.get_next(), zone)


def _back(cron: str, zone: ZoneInfo, until: datetime) -> Iterator[datetime]:
    """Yield the firings up to ``until``, the last one first, each once."""
    local = until.astimezone(zone)
    # In an hour that comes twice, later times of the wall clock have already been.
    again = _offset(local.replace(fold=0)) - _offset(local.replace(fold=1))
    start = local.replace(tzinfo=None, microsecond=0) + max(again, timedelta()) + _SECOND
    walls = croniter(cron, start, ret_type=datetime)
    before = None
    while True:
        found = _instant(walls.get_prev(), zone)
        if found <= until and found != before:
            yield found
            before = found


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clock of ``zone`` first shows ``wall``, or jumps past it."""
    local = wall.replace(tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # The jump lies between what the new and what the old offset make of it.
    after = _offset(local.replace(fold=1))
    early, late = local.replace(fold=1).astimezone(UTC), instant
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        early, late = (
            (early, middle) if _offset(middle.astimezone(zone)) == after else (middle, late)
        )
    return late.replace(microsecond=0)


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def _fault_of_cron(cron: str) -> str | None:
    fields = cron.split()
    if len(cron) > _CRON_LENGTH_MAX or len(fields) != len(_FIELDS):
        return (
            f"a schedule has five fields ({', '.join(_FIELDS)}), such as 0 8 * * 1; "
            f"this has {len(fields)}"
        )
    for (name, values), field in zip(_FIELDS.items(), fields, strict=True):
        if not _FIELD.fullmatch(field):
            return f"the {name} cannot be {field!r}; write *, numbers, 1-5, */15 or lists of them"
        # cron reads */90 as "every hour": the step starts anew with each hour.
        if any(not 0 < int(step) < values for step in _STEP.findall(field)):
            return f"the {name} cannot be {field!r}; a step is from 1 to {values - 1}"
    try:
        croniter(cron, _PROBED, ret_type=datetime).get_next()
    except CroniterBadDateError:
        return f"{cron!r} never fires: there is no such day; change the day or the month"
    except (CroniterError, ValueError, KeyError, IndexError) as error:
        return f"{cron!r} is not a schedule: {error}; such as 0 8 * * 1"
    return None


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Return the name of every zone by how it is spelled in small letters."""
    return {name.casefold(): name for name in sorted(available_timezones() - _OF_THE_MACHINE)}


def _fault_of_zone(timezone: str) -> str | None:
    zones = _zones()
    folded = timezone.casefold()
    if zones.get(folded) == timezone:
        return None
    # A city alone is what people write: Berlin, New York.
    cities = [name for name in zones if name.rpartition("/")[2] == folded.replace(" ", "_")]
    close = [folded] if folded in zones else cities or get_close_matches(folded[:64], zones, n=3)
    advice = " or ".join(zones[name] for name in close) or "an IANA name such as Europe/Berlin"
    return f"{timezone[:64]!r} is not a known time zone; write {advice}"
