"""Batches in, one Kafka transaction out: the loop under the trigger and execution agents.

A ``TransactionalSource`` is the one consumer of an agent in this process. It learns from
the group which partitions it owns; each is worked on by an ``OwnedPartition`` with a
transactional producer of its own, whose id is made of agent and partition, so that a new
owner shuts out the old one. That fencing, not the group, is what guards a partition:
offsets sent to a transaction carry no group generation.

Faust gives the agents on the channel; its own consumer is off, since it reads
uncommitted records and acknowledges what has failed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import mode
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError

from streams import clients, memberships
from streams.backlogs import Backlog
from streams.batches import Batch
from streams.partitions import RECORDS_MAX, OwnedPartition, PartitionState
from streams.patience import within
from streams.producers import TransactionalProducer
from streams.settings import Settings

log = structlog.get_logger(__name__)

SESSION_SECONDS = 6
"""How long a worker may be silent before its partitions go to others."""

TRANSACTION_SECONDS = 10
"""How long a transaction may stay open: it holds up readers of committed records."""

_STAY_SECONDS = 60.0
"""How long the group's consumer waits for records, which never come, before it waits again: who
does not ask for any for five minutes is taken to hang, and leaves the group."""


def group_id(settings: Settings, agent: str) -> str:
    """Return the id of the group that an agent's sources are members of."""
    return f"{settings.topic_prefix}playbooks-{agent}"


class TransactionalSource(mode.Service):
    """Feeds an agent with batches of a topic, and commits what it makes of them.

    hand_over: puts a batch on the agent's channel. open_state: makes the empty state of a
    partition. instance: this worker's static name in the group, so that a restart takes
    its partitions back at once instead of waiting for the group to notice. records_max and
    fetch_bytes: of a batch, where most records come to nothing. backlog: of what comes of
    the batches, if there must be room for more before one is taken; started by somebody else.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        agent: str,
        topic_name: str,
        hand_over: Callable[[Batch[Any]], Awaitable[Any]],
        open_state: Callable[[int], PartitionState],
        instance: str,
        records_max: int = RECORDS_MAX,
        fetch_bytes: int = clients.FETCH_BYTES,
        backlog: Backlog | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.group_id = group_id(settings, agent)
        self._settings = settings
        self._agent = agent
        self._topic_name = topic_name
        self._hand_over = hand_over
        self._open_state = open_state
        self._records_max = records_max
        self._fetch_bytes = fetch_bytes
        self._backlog = backlog
        self._instance = f"{instance}-{agent}"
        self._owned: dict[TopicPartition, OwnedPartition] = {}
        self._consumer: AIOKafkaConsumer | None = None

    @property
    def owned(self) -> list[int]:
        """The partitions that are claimed and being worked on."""
        return sorted(p.partition for p, owned in self._owned.items() if owned.ready.is_set())

    async def on_start(self) -> None:
        """Join the group."""
        consumer = clients.consumer(
            self._settings,
            group_id=self.group_id,
            group_instance_id=self._instance,
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=500,
            # Without it a killed worker can hold up a rebalance for five minutes.
            rebalance_timeout_ms=SESSION_SECONDS * 1000,
        )
        self._consumer = consumer
        consumer.subscribe([self._topic_name], listener=_Ownership(self))
        await consumer.start()

    async def on_stop(self) -> None:
        """Finish what is under way, then leave."""
        await self.release(set(self._owned))
        if self._consumer is not None:
            await clients.stop(self._consumer)

    @mode.Service.task
    async def _stay(self) -> None:
        """Remain in the group.

        Who asks for records also takes note of what has gone wrong in the group, without which
        aiokafka does not go on: it is asked for soon again, but said now and then.
        """
        said_at = -_STAY_SECONDS
        while not self.should_stop and self._consumer is not None:
            try:
                async with within(2 * _STAY_SECONDS, "the group does not come together"):
                    await self._consumer.getmany(timeout_ms=int(_STAY_SECONDS * 1_000))
            except ConsumerStoppedError:
                return
            except KafkaError as error:
                if time.monotonic() - said_at >= _STAY_SECONDS:
                    said_at = time.monotonic()
                    log.warning("no member of its group", group=self.group_id, error=repr(error))
                memberships.keep(self._consumer)
            await self.sleep(1.0)

    def claim(self, partitions: set[TopicPartition]) -> None:
        """Start to work on partitions that the group has given to this process."""
        if self._consumer is None:
            raise RuntimeError("a partition cannot be claimed before the group is joined")
        # Only the group is this consumer's business: each partition fetches for itself.
        self._consumer.pause(*partitions)
        for partition in partitions:
            self._owned[partition] = OwnedPartition(
                partition,
                self._consumer,
                lambda partition=partition: self._producer(partition),  # type: ignore[misc]
                lambda partition=partition: self._open_state(partition.partition),  # type: ignore[misc]
                self._hand_over,
                self._settings.topic_prefix,
                self._agent,
                self._records_max,
                self._fetch_bytes,
                self._backlog,
            )

    async def release(self, partitions: set[TopicPartition]) -> None:
        """Finish the transactions under way and let go of the partitions."""
        released = [self._owned.pop(p) for p in partitions if p in self._owned]
        await asyncio.gather(*(owned.stop() for owned in released))

    def _producer(self, partition: TopicPartition) -> TransactionalProducer:
        return TransactionalProducer(
            clients.client(self._settings),
            f"{self.group_id}-{partition.partition}",
            TRANSACTION_SECONDS,
            self.group_id,
        )


class _Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the source what the group decides."""

    def __init__(self, source: TransactionalSource) -> None:
        self._source = source

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._source.release(set(revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        # Only started here, not awaited: the claims fence, restore and seek on their own
        # while the group goes on; until then no record of these partitions is taken.
        self._source.claim(set(assigned))
