"""Times as CACAO documents say them."""

from datetime import UTC, datetime


def timestamp(at: datetime) -> str:
    """Return a time as CACAO wants it: UTC, to the millisecond, with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
