"""Rate limits: a token bucket for each key. It holds ``burst`` and refills at the rate."""

from dataclasses import dataclass
from math import ceil

from streams.setting_values import RateLimit

_ONE = 1 - 1e-9
"""A token, but for what adding up fractions of one loses."""


@dataclass(frozen=True)
class Allowance:
    """What a key has left after a request.

    remaining: requests that could follow at once. full_seconds: until it is ``burst`` again.
    retry_seconds: until the next request is allowed; None: this one was.
    """

    limit: int
    remaining: int
    full_seconds: int
    retry_seconds: int | None


class RateLimits:
    """The buckets of all keys, in this process."""

    def __init__(self, rate: RateLimit) -> None:
        self._rate = rate
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str, now: float) -> Allowance | None:
        """Take one token of a key; None: there is no limit. now: seconds of a steady clock."""
        if not self._rate.a_minute:
            return None
        burst, a_second = float(self._rate.burst), self._rate.a_minute / 60
        tokens, at = self._buckets.get(key_id, (burst, now))
        tokens = min(burst, tokens + (now - at) * a_second)
        is_allowed = tokens >= _ONE
        tokens -= is_allowed
        self._buckets[key_id] = (tokens, now)
        return Allowance(
            limit=self._rate.a_minute,
            remaining=int(tokens),
            full_seconds=_seconds((burst - tokens) / a_second),
            retry_seconds=None if is_allowed else max(1, _seconds((1 - tokens) / a_second)),
        )


def _seconds(exact: float) -> int:
    """Return whole seconds, rounded up; what only adding up has put beyond one is let go."""
    return ceil(round(exact, 6))
