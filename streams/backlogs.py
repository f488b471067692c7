"""Backlogs: who begins executions waits while those that have begun wait for their turn.

Findings can come faster than executions are carried out. Were all of them begun at once, each
would wait for all others at every step, and to begin them would take the processor from ending
any. So findings stay on their topic, where they cost nothing, until there is room.
"""

import asyncio
import time

import mode
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams import clients
from streams.settings import Settings

log = structlog.get_logger(__name__)

RECORDS_MAX = 1_000
"""Per partition: about one batch of who takes them, so that nobody runs out of them meanwhile."""

_LOOKS_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Between two looks, while there is no room."""

_LONG_SECONDS = 30.0
"""So long must there be no room before it is said."""


class Backlog(mode.Service):
    """How many records of a topic wait for a group. Looked at only after as many were added."""

    def __init__(
        self,
        settings: Settings,
        *,
        topic_name: str,
        group_id: str,
        records_max: int = RECORDS_MAX,
    ) -> None:
        """group_id: of who takes them. records_max: per partition, as many leave no room."""
        super().__init__()
        self._settings = settings
        self._group_id = group_id
        self._topic_name = topic_name
        self._max_of_each = self._max = records_max
        self._waiting = 0
        self._consumer: AIOKafkaConsumer | None = None
        self._looking = asyncio.Lock()

    async def on_start(self) -> None:
        """Connect. Of the group only the offsets are asked for: it is not joined."""
        self._consumer = clients.consumer(self._settings, group_id=self._group_id)
        await self._consumer.start()

    async def on_stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await clients.stop(self._consumer)

    def add(self, records: int) -> None:
        """Note that some were added from here."""
        self._waiting += records

    async def room(self) -> None:
        """Wait until there is room for more. Without an answer of the broker: do not wait."""
        if self._waiting < self._max:
            return
        async with self._looking:  # the others then see what the first one has seen
            began = time.monotonic()
            is_said = False
            looks = 0
            while self._waiting >= self._max and not await self._look():
                await asyncio.sleep(_LOOKS_SECONDS[min(looks, len(_LOOKS_SECONDS) - 1)])
                looks += 1
                if not is_said and time.monotonic() - began > _LONG_SECONDS:
                    is_said = True
                    log.warning(
                        "findings wait: executions that have begun are behind; "
                        "does a worker run the agent `executions`, and are there enough?",
                        commands=self._waiting,
                    )

    async def _look(self) -> bool:
        """Count what waits; tell whether there is room."""
        consumer = self._consumer
        if consumer is None:
            return True
        try:
            there = await consumer._client._wait_on_metadata(self._topic_name)
            places = [TopicPartition(self._topic_name, number) for number in there]
            ends = await consumer.end_offsets(places)
            taken = [await consumer.committed(place) for place in places]
        except KafkaError as error:
            log.info("backlog not known", error=repr(error))
            self._waiting = 0
            return True
        self._max = self._max_of_each * len(places)
        # Where nobody has ever taken any, nobody can say how long it takes.
        self._waiting = sum(
            ends[place] - offset
            for place, offset in zip(places, taken, strict=True)
            if offset is not None
        )
        return self._waiting < self._max
