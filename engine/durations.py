"""Durations as people write them: ``90``, ``15m``, ``1h30m``, ``PT15M``. Always to seconds.

Read where a playbook enters (``problems``) and again when a step waits (``seconds``), because a
rendered template may be anything. A bare number is seconds, so that ``90`` and ``"90"`` agree.
"""

import re
from typing import Final

from schemas.problems import Problem

SECONDS_MAX: Final = 366 * 86_400
"""A year, also a leap year: who waits longer has mistaken the unit."""

_LENGTH_MAX = 64
_N = r"(\d+(?:[.,]\d+)?)"
_BARE = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_UNITS = re.compile(
    rf"(?:{_N}w)? ?(?:{_N}d)? ?(?:{_N}h)? ?(?:{_N}m(?!s))? ?(?:{_N}s)? ?(?:{_N}ms)?", re.ASCII
)
_ISO = re.compile(
    rf"P(?:{_N}W)?(?:{_N}D)?(?:T(?=\d)(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?", re.ASCII | re.IGNORECASE
)
_CALENDAR = re.compile(
    r"P[\d.,]*[YM].*|P[\d.,]+[YM][^T]*(T.*)?|.*\d ?(y|yr|years?|mo|mon|months?)", re.IGNORECASE
)
_SIZES = (604_800, 86_400, 3_600, 60, 1, 0.001)
"""Of a week, a day, an hour, a minute, a second and a millisecond: the groups above."""

_FORMS = "write seconds (90), units from w to ms (15m, 1h30m) or ISO 8601 (PT15M)"


def seconds(value: str | int | float, *, zero: bool = True) -> float:
    """Return how many seconds ``value`` lasts. zero: whether it may be no time at all.

    Raises ValueError with one sentence that says what is wrong and what to write instead.
    """
    if isinstance(value, str):
        found = _written(value.strip())
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"a duration is a number of seconds or a text; {_FORMS}")
    else:
        found = value
    if found < 0:
        raise ValueError("a duration cannot be negative; leave the sign out")
    # Also what is not a number (NaN) is not below the limit.
    if not found <= SECONDS_MAX:
        raise ValueError("a duration is at most 366 days; use a smaller number or unit")
    if found == 0 and not zero:
        raise ValueError("a duration of zero has no effect here; make it longer or leave it out")
    return float(found)


def problems(value: object, pointer: str, *, zero: bool = True) -> list[Problem]:
    """Return what is wrong with a duration that stands at ``pointer``."""
    try:
        # Whatever a document holds: what is no duration is told by ``seconds`` itself.
        seconds(value, zero=zero)  # type: ignore[arg-type]
    except ValueError as error:
        return [Problem(pointer, str(error))]
    return []


def _written(text: str) -> float:
    if not text or len(text) > _LENGTH_MAX:
        raise ValueError(f"a duration has 1 to {_LENGTH_MAX} characters; {_FORMS}")
    if text.startswith("-"):
        raise ValueError("a duration cannot be negative; leave the sign out")
    if _BARE.fullmatch(text):
        return float(text)
    for form in (_UNITS, _ISO):
        found = form.fullmatch(text)
        if found and any(found.groups()):
            counts = (float((count or "0").replace(",", ".")) for count in found.groups())
            return sum(count * size for count, size in zip(counts, _SIZES, strict=False))
    if _CALENDAR.fullmatch(text):
        raise ValueError(
            f"{text!r} has months or years, which are not always equally long; write days or weeks"
        )
    raise ValueError(f"{text!r} is not a duration; {_FORMS}")
