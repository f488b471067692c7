"""Round trips to brokers: a request, its answer, and the errors that stand in it.

What passes within moments is asked again here; any other error is raised.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaError,
    NoError,
    NotCoordinatorForGroupError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    ProducerFenced,
    UnknownTopicOrPartitionError,
    for_code,
)

_PATIENCE_SECONDS: Mapping[type[KafkaError], float] = {
    # The transaction before is decided, but not yet everywhere.
    ConcurrentTransactions: 5.0,
    CoordinatorLoadInProgressError: 5.0,
    CoordinatorNotAvailableError: 5.0,
    # Of what has just been made; for what has moved, who starts anew looks.
    NotCoordinatorForGroupError: 1.0,
    NotLeaderForPartitionError: 1.0,
    # Also said by a leader that still checks that the transaction is open.
    NotEnoughReplicasError: 5.0,
    NotEnoughReplicasAfterAppendError: 5.0,
    UnknownTopicOrPartitionError: 5.0,
}
"""What passes, and how long that may take: at most half of what a transaction may stay open."""

_FENCED_CODE = 90
"""PRODUCER_FENCED, which aiokafka (0.14) has no name for; before it, InvalidProducerEpoch."""

_FENCED: type[KafkaError] = ProducerFenced

_PAUSES_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


class Rounds:
    """Asks brokers through a client."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client

    async def ask(self, node_id: int, request: Any) -> Any:
        """Return the answer, in which there is no error. Raises ProducerFenced and KafkaError."""
        passing = _Passing()
        while True:
            answer = await self._client.send(node_id, request)
            error = _error(answer)
            if error is None:
                return answer
            await passing.pause(error)

    async def coordinator(self, kind: int, name: str) -> int:
        """Return the broker that coordinates a transactional id, or a group; it is connected to.

        Raises KafkaError.
        """
        passing = _Passing()
        while True:
            try:
                node_id: int = await self._client.coordinator_lookup(kind, name)
            except CoordinatorNotAvailableError as error:
                # The first one to ask for it lets the brokers make its topic.
                await passing.pause(type(error))
            else:
                if await self._client.ready(node_id):
                    return node_id
                await passing.pause(CoordinatorNotAvailableError)


class _Passing:
    """What is waited for until it has passed."""

    def __init__(self) -> None:
        self._pauses = _pauses()
        self._waited_seconds = 0.0

    async def pause(self, error: type[KafkaError]) -> None:
        """Wait a moment. Raises the error if it does not pass, or takes too long to."""
        if self._waited_seconds >= _PATIENCE_SECONDS.get(error, 0.0):
            raise error()
        pause_seconds = next(self._pauses)
        self._waited_seconds += pause_seconds
        await asyncio.sleep(pause_seconds)


def _pauses() -> Iterator[float]:
    yield from _PAUSES_SECONDS
    while True:
        yield _PAUSES_SECONDS[-1]


def _error(answer: Any) -> type[KafkaError] | None:
    """Return the first error of an answer that will not pass, else the first that will."""
    passing: type[KafkaError] | None = None
    for code in _codes(answer):
        if code == _FENCED_CODE:
            return _FENCED
        error: type[KafkaError] = for_code(code)
        if error in (NoError, DuplicateSequenceNumber):
            continue  # sent again after it had been written: it stands there once
        if error is InvalidProducerEpoch:
            return _FENCED
        if error not in _PATIENCE_SECONDS:
            return error
        passing = passing or error
    return passing


def _codes(answer: Any) -> Iterator[int]:
    """Yield the error codes of an answer that are not zero."""
    yield from filter(None, (getattr(answer, "error_code", 0),))
    for _, partitions, *_ in getattr(answer, "topics", getattr(answer, "errors", ())):
        yield from (code for _, code, *_ in partitions if code)
