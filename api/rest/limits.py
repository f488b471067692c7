"""Rate limits: a token bucket for each key. It holds ``burst`` and refills at the rate."""

from typing import NamedTuple

from streams.setting_values import RateLimit

_ONE = 1 - 1e-9
"""A token, but for what adding up fractions of one loses."""

_ALMOST_ONE = 1 - 1e-6


class Allowance(NamedTuple):
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
        self._a_minute, self._a_second = rate.a_minute, rate.a_minute / 60
        self._burst = float(rate.burst)
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str, now: float) -> Allowance | None:
        """Take one token of a key; None: there is no limit. now: seconds of a steady clock."""
        if not self._a_minute:
            return None
        tokens, at = self._buckets.get(key_id, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._a_second)
        retry_seconds = None
        if tokens >= _ONE:
            tokens -= 1
        else:
            retry_seconds = max(1, _seconds((1 - tokens) / self._a_second))
        self._buckets[key_id] = (tokens, now)
        full_seconds = _seconds((self._burst - tokens) / self._a_second)
        return Allowance(self._a_minute, int(tokens), full_seconds, retry_seconds)


def _seconds(exact: float) -> int:
    """Return whole seconds, rounded up; what only adding up has put beyond one is let go."""
    return int(exact + _ALMOST_ONE)
