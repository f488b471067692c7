"""Backlogs: who begins executions waits while those that have begun wait for their turn.

Findings can come faster than executions are carried out. Were all of them begun at once, each
would wait for all others at every step, and to begin them would take the processor from ending
any. So findings stay on their topic, where they cost nothing, until there is room.

    findings ──▶ triggers ──▶ execution-commands ──▶ executions ──▶ action-requests ──▶ steps
                    ▲              ▲                                                      │
                    └── room? ─────┴──────────────── results ─────────────────────────────┘

An execution that moves stands on one of the two topics, or an action of it runs. What runs does
not count, however long it takes: a slow call holds up its execution and no other.
"""

import asyncio
import time
from collections.abc import Sequence
from statistics import median_low

import mode
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams import acknowledgements, clients, commits
from streams.patience import ANSWER_SECONDS, within
from streams.settings import Settings

log = structlog.get_logger(__name__)

RECORDS_MAX = 1_000
"""Per partition: about one batch of who takes them, so that nobody runs out of them meanwhile."""

_LOOKS_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Between two looks, while there is no room."""

_LONG_SECONDS = 30.0
"""So long must there be no room before it is said."""


class Queue:
    """A topic, and how much of it waits for the group that takes it."""

    def __init__(self, settings: Settings, topic_name: str, group_id: str) -> None:
        self._topic_name = topic_name
        self._consumer = clients.consumer(settings, group_id=group_id)

    async def start(self) -> None:
        """Connect. Of the group only the offsets are asked for: it is not joined."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await clients.stop(self._consumer)

    async def waiting(self) -> list[int]:
        """Return how many records wait, partition by partition. Raises KafkaError."""
        there = await self._consumer._client._wait_on_metadata(self._topic_name)
        places = [TopicPartition(self._topic_name, number) for number in sorted(there)]
        # One after the other: of what is asked together the rest goes on when one fails.
        taken = await commits.committed(self._consumer, places)
        ends = await self._consumer.end_offsets(places)
        return [
            max(0, ends[place] - acknowledgements.taken_until(*taken[place])) for place in places
        ]


class Backlog(mode.Service):
    """Whether what waits on some topics of the same partitions leaves room for more.

    As long as half of the partitions have room there is: one that nobody gets on with must not
    hold up all others. It is looked at only after as many were added as a partition has room for.
    """

    def __init__(self, queues: Sequence[Queue], records_max: int = RECORDS_MAX) -> None:
        """records_max: as many in a partition, of all queues together, leave no room in it."""
        super().__init__()
        self._queues = queues
        self._max = records_max
        self._added = 0
        self._looking = asyncio.Lock()
        self._full_since: float | None = None
        self._is_said = False

    async def on_start(self) -> None:
        """Connect."""
        for queue in self._queues:
            await queue.start()

    async def on_stop(self) -> None:
        """Disconnect."""
        for queue in self._queues:
            await queue.stop()

    def add(self, records: int) -> None:
        """Note that some were added from here."""
        self._added += records

    async def room(self, wait_seconds: float) -> bool:
        """Wait for so long until there is room for more; tell whether there is.

        Without an answer of the broker there is.
        """
        if self._added < self._max:
            return True
        async with self._looking:  # the others then see what the first one has seen
            until = time.monotonic() + wait_seconds
            pauses = iter(_LOOKS_SECONDS)
            while self._added >= self._max and await self._is_full():
                now = time.monotonic()
                self._say(now)
                if now >= until:
                    return False
                await asyncio.sleep(min(next(pauses, _LOOKS_SECONDS[-1]), until - now))
            self._added = 0
            self._full_since = None
        return True

    def _say(self, now: float) -> None:
        """Log, once, that there has been no room for long."""
        if self._full_since is None:
            self._full_since, self._is_said = now, False
        elif not self._is_said and now - self._full_since > _LONG_SECONDS:
            self._is_said = True
            log.warning(
                "findings wait: executions that have begun are behind; "
                "do workers run the agents `executions` and `steps`, and are there enough?"
            )

    async def _is_full(self) -> bool:
        try:
            async with within(ANSWER_SECONDS, "it cannot be asked for"):
                found = [await queue.waiting() for queue in self._queues]
        except KafkaError as error:
            log.info("backlog not known", error=repr(error))
            return False
        # Of a partition all that waits, on whichever topic.
        return median_low(map(sum, zip(*found, strict=False))) >= self._max
