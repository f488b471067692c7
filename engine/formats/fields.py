"""Reading what scanners wrote: nothing is taken for granted, what is not as expected is absent.

Reports are other people's JSON, of every version of their tool. Each function here takes any
value and returns the thing asked for, or None or nothing; none raises.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

from schemas.messages import JsonObject

TEXT_MAX = 16_384
"""Characters that are kept of a text."""

_MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138
_FRACTION = re.compile(r"(\.\d{6})\d+")
_CWE = re.compile(r"CWE[-_ ]?(\d{1,6})", re.IGNORECASE)
_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)

_SEVERITIES = {
    "info": "info",
    "information": "info",
    "informational": "info",
    "negligible": "info",
    "none": "info",
    "low": "low",
    "minor": "low",
    "note": "low",
    "medium": "medium",
    "moderate": "medium",
    "warning": "medium",
    "high": "high",
    "important": "high",
    "major": "high",
    "error": "high",
    "critical": "critical",
    "fatal": "critical",
}


def pick(value: Any, *path: str | int) -> Any:
    """Return what stands at a path of keys and indexes, None if nothing does."""
    for part in path:
        if isinstance(part, str) and isinstance(value, dict):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and 0 <= part < len(value):
            value = value[part]
        else:
            return None
    return value


def text(*values: Any, most: int = TEXT_MAX) -> str | None:
    """Return the first value that is a text, or a number written as one; cut to ``most``."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()[:most]
    return None


def texts(*values: Any) -> tuple[str, ...]:
    """Return the texts in values, each a text or a list of texts; none twice."""
    found: dict[str, None] = {}
    for value in values:
        for each in value if isinstance(value, list) else [value]:
            said = text(each, most=2_048)
            if said is not None:
                found[said] = None
    return tuple(found)


def objects(value: Any) -> list[JsonObject]:
    """Return the objects in a list, or the one object that stands in its place."""
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, dict)]


def number(*values: Any) -> float | None:
    """Return the first value that is a finite number, or a text that says one."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        try:
            found = float(value)
        except (ValueError, OverflowError):
            continue
        if math.isfinite(found):
            return found
    return None


def instant(*values: Any) -> datetime | None:
    """Return the first value that says a moment: RFC 3339, or seconds or ms since 1970."""
    for value in values:
        try:
            if isinstance(value, str):
                at = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
                return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            if isinstance(value, int | float) and not isinstance(value, bool):
                seconds = value / 1_000 if abs(value) >= _MILLISECONDS_FROM else value
                return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def severity(*values: Any) -> str | None:
    """Return the first severity said in a word, in the product's; None: unknown is not said."""
    for value in values:
        known = _SEVERITIES.get(value.strip().casefold()) if isinstance(value, str) else None
        if known is not None:
            return known
    return None


def severity_of_score(score: float | None) -> str | None:
    """Return the severity of a CVSS score (specification 3.1, section 5: qualitative scale)."""
    if score is None or not 0 <= score <= 10:
        return None
    bounds = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
    return next((word for least, word in bounds if score >= least), "info")


def cves(*values: Any) -> tuple[str, ...]:
    """Return the CVE numbers that texts name."""
    said = (number.upper() for each in texts(*values) for number in _CVE.findall(each))
    return tuple(dict.fromkeys(said))


def cwes(*values: Any) -> tuple[str, ...]:
    """Return the weaknesses that texts, or bare numbers, name: ``CWE-79``."""
    found: dict[str, None] = {}
    for each in texts(*values):
        numbers = [each] if each.isascii() and each.isdigit() else _CWE.findall(each)
        found.update((f"CWE-{int(number)}", None) for number in numbers if int(number))
    return tuple(found)
