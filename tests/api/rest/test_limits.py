"""The token bucket: it holds the burst and refills at the rate."""

from api.rest.limits import RateLimits
from streams.setting_values import RateLimit


def test_a_burst_is_allowed_and_what_follows_waits() -> None:
    limits = RateLimits(RateLimit(60, 3))
    taken = [limits.take("key", 0.0) for _ in range(4)]
    assert [each and each.remaining for each in taken] == [2, 1, 0, 0]
    assert [each and each.retry_seconds for each in taken] == [None, None, None, 1]


def test_the_bucket_refills_at_the_rate_up_to_the_burst() -> None:
    limits = RateLimits(RateLimit(60, 3))
    for _ in range(3):
        limits.take("key", 0.0)
    after_one, later = limits.take("key", 1.0), limits.take("key", 1_000.0)
    assert after_one is not None
    assert (after_one.retry_seconds, after_one.remaining) == (None, 0)
    assert later is not None
    assert (later.remaining, later.full_seconds) == (2, 1)


def test_a_refused_request_takes_nothing() -> None:
    limits = RateLimits(RateLimit(6, 1))
    limits.take("key", 0.0)
    for second in range(1, 10):
        refused = limits.take("key", float(second))
        assert refused is not None
        assert refused.retry_seconds == 10 - second
    allowed = limits.take("key", 10.0)
    assert allowed is not None
    assert allowed.retry_seconds is None


def test_each_key_has_a_bucket_of_its_own() -> None:
    limits = RateLimits(RateLimit(60, 1))
    limits.take("one", 0.0)
    other = limits.take("two", 0.0)
    assert other is not None
    assert other.retry_seconds is None


def test_a_rate_of_zero_is_no_limit() -> None:
    assert RateLimits(RateLimit(0, 0)).take("key", 0.0) is None
