"""Whether and when a failed attempt is tried again.

The one retry mechanism of the product: visible as events, and the same on replay, since
the jitter is drawn from the identity of the attempt, not from a generator.
"""

from datetime import datetime, timedelta
from hashlib import blake2b

from engine.graphs import RETRYABLE_ATTEMPTS
from schemas.commands import StepError
from schemas.executions import StepRun
from schemas.steps import Retry

_UNSAID = Retry(max_attempts=RETRYABLE_ATTEMPTS)


def retry_at(
    retry: Retry | None, run: StepRun, error: StepError, execution_id: str, at: datetime
) -> datetime | None:
    """Return when the next attempt starts, None if there is none.

    ``retry`` is the step's rule or its playbook's; without one only errors that the
    connector calls retryable are tried again, three attempts in all.
    """
    if retry is None:
        if not error.retryable:
            return None
        retry = _UNSAID
    if run.attempt >= retry.max_attempts:
        return None
    pause = pause_seconds(retry, run.attempt, f"{execution_id}/{run.id}/{run.visit}/{run.attempt}")
    return at + timedelta(seconds=max(pause, error.retry_after_seconds or 0.0))


def pause_seconds(retry: Retry, attempt: int, seed: str) -> float:
    """Return the pause after ``attempt``: exponential, capped, spread by the jitter."""
    pause = min(retry.delay_seconds * retry.backoff ** (attempt - 1), retry.max_delay_seconds)
    return pause * (1 + retry.jitter * (2 * _fraction(seed) - 1))


def _fraction(seed: str) -> float:
    digest = blake2b(seed.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
