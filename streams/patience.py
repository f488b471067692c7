"""Patience with brokers: what is asked of them ends, with an answer or with an error that says so.

Much in aiokafka (0.14) asks again without end, and tells nobody: who waits for it stands still, and
where nothing is in the log nobody finds out why.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaTimeoutError

ANSWER_SECONDS = 60.0
"""Longer than any single request may take, of which there may be several."""


@asynccontextmanager
async def within(seconds: float, otherwise: str) -> AsyncIterator[None]:
    """Bound how long a block may take. Raises KafkaTimeoutError.

    otherwise: what is the case if it takes longer, for who reads the log.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise KafkaTimeoutError(
            f"{otherwise}, after {seconds:g} s of asking the brokers"
        ) from error
