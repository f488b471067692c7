"""Schedules: when they fire, the two nights a year, what a stop missed, and what is refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.schedules import COUNT_MAX, following, latest, problems

BERLIN = "Europe/Berlin"
CRONS = [
    "* * * * *",
    "*/15 * * * *",
    "30 2 * * *",
    "0 3 * * *",
    "15,45 1-3 * * *",
    "0 8 * * 1",
    "0 0 l * *",
    "5 4 1 * mon",
]
ZONES = [
    "UTC",
    BERLIN,
    "Europe/Dublin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def firings(cron: str, timezone: str, after: str, until: str) -> list[str]:
    """Return the firings in (after, until] as ``day hour:minute`` in UTC."""
    found, now = [], utc(after)
    while (now := following(cron, timezone, now)) <= utc(until):
        found.append(f"{now:%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "expected"),
    [
        ("0 8 * * 1", "UTC", "2026-01-01T00:00", "2026-01-05T08:00"),
        ("0 8 * * 1", BERLIN, "2026-01-01T00:00", "2026-01-05T07:00"),
        ("0 8 * * 1", BERLIN, "2026-07-01T00:00", "2026-07-06T06:00"),
        ("0 8 * * mon-fri", "America/New_York", "2026-01-02T13:00", "2026-01-05T13:00"),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("0 0 13 * fri", "UTC", "2026-01-03T00:00", "2026-01-09T00:00"),
        ("0 0 * * 7", "UTC", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("*/15 * * * *", "Asia/Kathmandu", "2026-01-01T00:00", "2026-01-01T00:15"),
    ],
)
def test_a_schedule_fires_on_the_clock_of_its_zone(
    cron: str, timezone: str, after: str, expected: str
) -> None:
    assert following(cron, timezone, utc(after)) == utc(expected)


def test_a_firing_is_later_than_the_one_before() -> None:
    assert following("0 8 * * *", "UTC", utc("2026-01-01T08:00")) == utc("2026-01-02T08:00")


def test_a_part_of_a_second_before_its_time_a_schedule_has_not_fired() -> None:
    after = utc("2026-01-01T08:00") - timedelta(microseconds=1)
    assert following("0 8 * * *", "UTC", after) == utc("2026-01-01T08:00")


def test_a_time_that_is_skipped_fires_right_after_the_gap() -> None:
    # In Berlin, 2026-03-29 goes from 02:00 to 03:00, which is 01:00 in UTC.
    found = firings("30 2 * * *", BERLIN, "2026-03-27T12:00", "2026-03-30T12:00")
    assert found == ["28 01:30", "29 01:00", "30 00:30"]


def test_several_times_that_are_skipped_fire_once_together() -> None:
    found = firings("*/20 * * * *", BERLIN, "2026-03-29T00:00", "2026-03-29T02:00")
    assert found == ["29 00:20", "29 00:40", "29 01:00", "29 01:20", "29 01:40", "29 02:00"]


def test_a_time_that_comes_twice_fires_the_first_time_only() -> None:
    # In Berlin, 2026-10-25 goes from 03:00 back to 02:00, which is 01:00 in UTC.
    found = firings("30 2 * * *", BERLIN, "2026-10-24T12:00", "2026-10-26T12:00")
    assert found == ["25 00:30", "26 01:30"]


def test_in_the_hour_that_comes_twice_nothing_fires_again() -> None:
    found = firings("*/30 * * * *", BERLIN, "2026-10-25T00:00", "2026-10-25T02:30")
    assert found == ["25 00:30", "25 02:00", "25 02:30"]


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        ("2026-01-01T08:00", "2026-01-01T09:00", (None, 0)),
        ("2026-01-01T07:59", "2026-01-01T08:00", ("2026-01-01T08:00", 1)),
        ("2026-01-01T08:00", "2026-01-04T07:00", ("2026-01-03T08:00", 2)),
        ("2026-01-02T00:00", "2026-01-01T00:00", (None, 0)),
    ],
)
def test_a_stop_missed_the_firings_in_it(
    after: str, until: str, expected: tuple[str | None, int]
) -> None:
    last, count = expected
    found = latest("0 8 * * *", "UTC", utc(after), utc(until))
    assert found == (last and utc(last), count)


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        ("2026-03-29T00:30", "2026-03-29T01:00", ("2026-03-29T01:00", 1)),
        ("2026-10-25T00:00", "2026-10-25T01:59", ("2026-10-25T00:45", 3)),
        ("2026-10-25T00:45", "2026-10-25T01:30", (None, 0)),
    ],
)
def test_a_stop_over_a_change_of_the_clock_missed_each_time_once(
    after: str, until: str, expected: tuple[str | None, int]
) -> None:
    last, count = expected
    found = latest("*/15 2 * * *", BERLIN, utc(after), utc(until))
    assert found == (last and utc(last), count)


def test_after_a_long_stop_the_count_ends_but_the_latest_is_right() -> None:
    found = latest("* * * * *", BERLIN, utc("2016-01-01T00:00"), utc("2026-01-01T00:00"))
    assert found == (utc("2026-01-01T00:00"), COUNT_MAX)


CHANGES = ["2026-03-08T07:00", "2026-03-29T01:00", "2026-04-04T15:00", "2026-10-25T01:00"]
"""When a clock of one of the zones was changed."""

moments = st.builds(
    lambda change, seconds: utc(change) + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.one_of(st.integers(-36_000, 36_000), st.integers(-20_000_000, 20_000_000)),
)


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), moments)
@settings(max_examples=200, deadline=None)
def test_what_was_missed_is_what_would_have_followed(
    cron: str, timezone: str, until: datetime
) -> None:
    after = until - timedelta(hours=9)
    missed, now = [], after
    while (now := following(cron, timezone, now)) <= until:
        missed.append(now)
    assert latest(cron, timezone, after, until) == (missed[-1] if missed else None, len(missed))


@pytest.mark.parametrize("timezone", ZONES)
def test_every_time_of_the_wall_clock_fires_once_in_a_year(timezone: str) -> None:
    now, found = utc("2026-01-01T00:00"), []
    for _ in range(365):
        now = following("30 2 * * *", timezone, now)
        found.append(now)
    days = [each.astimezone(ZoneInfo(timezone)).date() for each in found]
    assert all(later - day == timedelta(days=1) for day, later in pairwise(days))


@pytest.mark.parametrize(
    "cron", ["0 8 * * 1", "*/15 0-6,22 1 jan-mar *", "0 0 l * ?", "0 0 * * mon#2"]
)
def test_a_schedule_of_five_fields_is_accepted(cron: str) -> None:
    assert problems(cron, BERLIN, "/trigger") == []


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "five fields (minute, hour, day of the month, month, day of the week)"),
        ("0 8 * *", "this has 4"),
        ("0 0 8 * * 1", "this has 6"),
        ("@daily", "this has 1"),
        ("R R * * *", "the minute cannot be 'R'"),
        ("0 H * * *", "the hour cannot be 'H'"),
        ("*/90 * * * *", "a step is from 1 to 59"),
        ("*/0 * * * *", "a step is from 1 to 59"),
        ("60 * * * *", "out of range"),
        ("0 0 * foo *", "not acceptable"),
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
    ],
)
def test_what_is_no_schedule_is_a_problem(cron: str, said: str) -> None:
    [problem] = problems(cron, "UTC", "/trigger")
    assert problem.pointer == "/trigger/cron"
    assert said in problem.message


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        ("europe/berlin", "write Europe/Berlin"),
        ("Berlin", "write Europe/Berlin"),
        ("New York", "write America/New_York"),
        ("Europe/Berln", "write Europe/Berlin or"),
        ("../etc/passwd", "an IANA name such as Europe/Berlin"),
        ("", "an IANA name such as Europe/Berlin"),
        ("localtime", "is not a known time zone"),
    ],
)
def test_an_unknown_zone_is_a_problem_with_what_may_be_meant(timezone: str, said: str) -> None:
    [problem] = problems("0 8 * * 1", timezone, "/trigger")
    assert problem.pointer == "/trigger/timezone"
    assert said in problem.message


def test_both_keys_are_told_at_once() -> None:
    found = problems("daily", "Mars", "/trigger")
    assert [problem.pointer for problem in found] == ["/trigger/cron", "/trigger/timezone"]


field = st.from_regex(r"[\d*,/\-?a-z#]{1,8}", fullmatch=True)


@given(st.one_of(st.text(), st.lists(field, min_size=5, max_size=5).map(" ".join)))
@settings(deadline=None)
def test_whatever_is_written_is_a_problem_or_fires(cron: str) -> None:
    now = utc("2026-01-01T00:00")
    assert problems(cron, "UTC", "") or following(cron, "UTC", now) > now
