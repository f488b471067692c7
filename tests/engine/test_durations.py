"""Durations: every form that is read, and why the others are refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.durations import SECONDS_MAX, problems, seconds
from schemas.problems import Problem


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (90, 90),
        (1.5, 1.5),
        (0, 0),
        ("90", 90),
        ("1.5", 1.5),
        (" 15m ", 900),
        ("15m", 900),
        ("1h30m", 5_400),
        ("1h 30m", 5_400),
        ("1.5h", 5_400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1w2d3h4m5s6ms", 788_645.006),
        ("500ms", 0.5),
        ("1m500ms", 60.5),
        ("0s", 0),
        ("PT15M", 900),
        ("pt15m", 900),
        ("P1DT2H", 93_600),
        ("P2W", 1_209_600),
        ("PT0.5S", 0.5),
        ("PT0,5S", 0.5),
        ("366d", SECONDS_MAX),
    ],
)
def test_a_duration_is_read(written: Any, expected: float) -> None:
    assert seconds(written) == pytest.approx(expected)


@pytest.mark.parametrize("written", ["", " ", "P", "PT", "P1DT", "m", "15x", "1:30", "30m1h"])
def test_what_is_no_duration_is_refused_with_the_forms_that_are(written: str) -> None:
    with pytest.raises(ValueError, match=r"write seconds \(90\), units from w to ms"):
        seconds(written)


@pytest.mark.parametrize("written", ["15M", "1h1h", "١m", "15m\n5s", "1e3", "0x10", "inf", "nan"])
def test_what_merely_looks_like_a_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(written)


@pytest.mark.parametrize("written", [-1, -0.5, "-1", "-15m", "-PT15M"])
def test_a_negative_duration_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        seconds(written)


@pytest.mark.parametrize(
    "written", [SECONDS_MAX + 1, 10**400, float("inf"), float("nan"), "367d", "9" * 64, "P53W"]
)
def test_more_than_a_year_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="at most 366 days"):
        seconds(written)


@pytest.mark.parametrize("written", ["P1M", "P1Y", "P1Y2M3DT4H", "P1M2D", "1y", "3 months", "2mo"])
def test_months_and_years_are_refused_because_their_length_varies(written: str) -> None:
    with pytest.raises(ValueError, match="not always equally long; write days or weeks"):
        seconds(written)


@pytest.mark.parametrize("written", [True, False, None, [], {"seconds": 1}])
def test_what_is_neither_a_number_nor_a_text_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="a number of seconds or a text"):
        seconds(written)


@pytest.mark.parametrize("written", [0, "0", "0m", "PT0S"])
def test_zero_is_refused_where_it_has_no_effect(written: Any) -> None:
    with pytest.raises(ValueError, match="zero has no effect"):
        seconds(written, zero=False)


def test_a_problem_says_where() -> None:
    assert problems("15m", "/steps/0/duration") == []
    assert problems(True, "/steps/0/duration") == [
        Problem(
            "/steps/0/duration",
            "a duration is a number of seconds or a text; write seconds (90), units from w to ms "
            "(15m, 1h30m) or ISO 8601 (PT15M)",
        )
    ]


@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"P?[\dTWDHMS.]{0,12}")))
def test_whatever_is_written_gives_a_duration_within_the_limits_or_a_sentence(value: Any) -> None:
    try:
        found = seconds(value)
    except ValueError as error:
        found = 0.0 if "; " in str(error) else -1.0
    assert 0 <= found <= SECONDS_MAX
