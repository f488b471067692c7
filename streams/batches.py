"""A batch: records of one partition taken together, and what an agent makes of them.

Made by ``streams/partitions.py``, handled by a Faust agent. What the agent emits is
published, together with the offsets of the records, in one Kafka transaction: after a
crash a batch either happened as a whole or comes again as a whole.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from aiokafka.structs import ConsumerRecord

from schemas.messages import Message
from streams.codecs import Headers, encode
from streams.topics import Topic

State = TypeVar("State")


class StateError(RuntimeError):
    """The state of a partition cannot be used now: not one record is at fault, but the batch."""


class Emission(NamedTuple):
    """A record to be published. partition: None lets the key decide."""

    topic: Topic
    key: bytes
    value: bytes | None
    headers: Headers
    partition: int | None


@dataclass
class Batch(Generic[State]):
    """Some records of one partition, in order.

    at: the moment the batch was taken; what the agent decides happens then.
    state: what the owner of the partition keeps for it.
    """

    partition: int
    records: Sequence[ConsumerRecord[Any, Any]]
    at: datetime
    state: State
    emissions: list[Emission] = field(default_factory=list)
    measures: list[Callable[[], object]] = field(default_factory=list)
    _handled: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def emit(
        self,
        topic: Topic,
        key: str | bytes,
        message: Message | bytes | None,
        headers: Headers | None = None,
        partition: int | None = None,
    ) -> None:
        """Publish ``message`` when the batch commits; None is a tombstone."""
        self.emissions.append(
            Emission(
                topic,
                key.encode() if isinstance(key, str) else key,
                encode(message) if isinstance(message, Message) else message,
                headers or [],
                partition,
            )
        )

    def measure(self, count: Callable[[], object]) -> None:
        """Call ``count`` once the batch has committed (``streams/metrics.py``)."""
        self.measures.append(count)

    def done(self) -> None:
        """Say that every record has been handled; the batch may commit."""
        if not self._handled.done():
            self._handled.set_result(None)

    def give_up(self, error: Exception) -> None:
        """Say that the batch could not be handled: nothing of it commits, it comes again."""
        if not self._handled.done():
            self._handled.set_exception(error)

    async def handled(self) -> None:
        """Wait until the agent is done with it. Raises what it gave up with."""
        await self._handled
