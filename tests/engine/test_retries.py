"""When a failed attempt is tried again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retries import pause_seconds, retry_at
from schemas.commands import StepError
from schemas.executions import StepRun
from schemas.steps import Retry
from tests.examples import NOON

BROKEN = StepError(code="http_status", message="404")
BUSY = StepError(code="http_status", message="503", retryable=True)
STEADY = Retry(max_attempts=3, delay_seconds=10, jitter=0)


def attempt(number: int) -> StepRun:
    return StepRun(id="one", name="one", type="action", visit=1, attempt=number)


def pause(retry: Retry | None, run: StepRun, error: StepError) -> float | None:
    at = retry_at(retry, run, error, "pexec-1", NOON)
    return None if at is None else (at - NOON) / timedelta(seconds=1)


def test_without_a_rule_an_error_is_final() -> None:
    assert pause(None, attempt(1), BROKEN) is None


def test_without_a_rule_what_may_pass_is_tried_three_times_in_all() -> None:
    assert [pause(None, attempt(n), BUSY) is not None for n in (1, 2, 3)] == [True, True, False]


def test_with_a_rule_every_error_is_tried_again() -> None:
    assert pause(STEADY, attempt(1), BROKEN) == 10


def test_max_attempts_counts_the_first() -> None:
    assert pause(STEADY, attempt(3), BUSY) is None
    assert pause(Retry(max_attempts=1), attempt(1), BUSY) is None


@pytest.mark.parametrize(("number", "seconds"), [(1, 10), (2, 20), (3, 40), (4, 60), (99, 60)])
def test_pauses_double_up_to_the_longest(number: int, seconds: float) -> None:
    retry = Retry(max_attempts=100, delay_seconds=10, max_delay_seconds=60, jitter=0)
    assert pause_seconds(retry, number, "seed") == seconds


def test_the_remote_side_may_ask_for_a_longer_pause_but_not_for_a_shorter() -> None:
    wish = {"code": "http_status", "message": "429", "retryable": True}
    assert pause(STEADY, attempt(1), StepError(**wish, retry_after_seconds=99)) == 99
    assert pause(STEADY, attempt(1), StepError(**wish, retry_after_seconds=1)) == 10


@given(st.text(max_size=20), st.integers(1, 100), st.floats(0, 1))
def test_the_jitter_spreads_a_pause_by_a_fraction_and_always_the_same(
    seed: str, number: int, jitter: float
) -> None:
    retry = Retry(max_attempts=100, delay_seconds=10, jitter=jitter)
    middle = min(10 * 2.0 ** (number - 1), 300)
    found = pause_seconds(retry, number, seed)
    assert middle * (1 - jitter) <= found <= middle * (1 + jitter)
    assert found == pause_seconds(retry, number, seed)


def test_two_executions_do_not_come_back_at_the_same_moment() -> None:
    retry = Retry(delay_seconds=10)
    assert len({retry_at(retry, attempt(1), BUSY, f"pexec-{n}", NOON) for n in range(20)}) == 20


def test_the_jitter_goes_both_ways_and_all_the_way() -> None:
    retry = Retry(max_attempts=100, delay_seconds=10, jitter=0.5)
    pauses = [pause_seconds(retry, 1, f"pexec-{number}") for number in range(200)]
    assert min(pauses) < 5.5
    assert max(pauses) > 14.5


def test_the_jitter_of_an_attempt_stays_what_it_was_when_it_was_released() -> None:
    # Whoever folds and decides again must find the same times.
    retry = Retry(delay_seconds=10)
    assert pause(retry, attempt(1), BROKEN) == 10.395697


def test_no_pause_is_no_pause() -> None:
    assert pause(Retry(delay_seconds=0), attempt(1), BROKEN) == 0
