"""A transaction in two round trips: what a batch makes, and how far was read for it, or neither.

    open    AddPartitionsToTxn and AddOffsetsToTxn, to the transaction's coordinator
    write   Produce to the leaders, TxnOffsetCommit to the group's coordinator
    end     EndTxn

What stands in a line is sent together; since Kafka 4 there is nothing to open, since whatever is
written to joins by itself (``streams/transaction_requests.py``). aiokafka's own producer sends one
after the other, and each through several tasks: some twenty turns of an event loop that runs agents
besides, and turns slowly. So only its client, its requests and its record batches are used here.

Whatever goes wrong is raised, and the producer is of no use from then on: the next one under its
transactional id lets the coordinator abort what was open (``streams/partitions.py``). Nothing of a
batch is therefore ever sent in a second transaction.

Source: Kafka protocol guide; KIP-98, "Exactly Once Delivery and Transactional Messaging".
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import LeaderNotAvailableError
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    InitProducerIdRequest,
)

from streams import transaction_requests
from streams.batches import Emission
from streams.publishing import SEQUENCES, placed, record_batches
from streams.rounds import Rounds

_WRITE_MILLISECONDS = 5_000
"""How long a leader may wait for its followers."""

Offsets = Mapping[TopicPartition, int]


class TransactionalProducer:
    """Writes under one transactional id; who starts a second one under it shuts this one out."""

    def __init__(
        self, client: AIOKafkaClient, transactional_id: str, timeout_seconds: float, group_id: str
    ) -> None:
        """timeout_seconds: how long a transaction may stay open. group_id: whose offsets move."""
        self.client = client
        """For its owner too, between transactions."""
        self._rounds = Rounds(client)
        self._transactional_id = transactional_id
        self._timeout_seconds = timeout_seconds
        self._group_id = group_id
        self._coordinator = self._group_coordinator = -1
        self._requests = transaction_requests.ADDED
        self._identity = (-1, -1)
        self._sequences: dict[TopicPartition, int] = defaultdict(int)

    async def start(self) -> None:
        """Shut out the producer before, and have what it left open aborted. Raises KafkaError."""
        await self.client.bootstrap()
        find = self._rounds.coordinator
        self._coordinator = await find(CoordinationType.TRANSACTION, self._transactional_id)
        self._group_coordinator = await find(CoordinationType.GROUP, self._group_id)
        self._requests = await transaction_requests.known(self.client, self._coordinator)
        request = InitProducerIdRequest(self._transactional_id, int(self._timeout_seconds * 1_000))
        answer = await self._coordinated(request)
        self._identity = answer.producer_id, answer.producer_epoch

    async def stop(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def commit(
        self, emissions: Collection[Emission], topic_prefix: str, offsets: Offsets
    ) -> None:
        """Write the emissions and move the offsets, both or neither; read_committed sees it then.

        Raises ProducerFenced: somebody else has started under this id. KafkaError: it is unknown
        whether it has happened; who starts next finds out, by the offsets.
        """
        places = await self._placed(emissions, topic_prefix)
        if not self._requests.are_joining:
            await asyncio.gather(self._add_partitions(places), self._add_offsets(offsets))
        await asyncio.gather(self._write(places), self._commit_offsets(offsets))
        await self._end()

    @property
    def _named(self) -> tuple[str, int, int]:
        return self._transactional_id, *self._identity

    async def _coordinated(self, request: Any) -> Any:
        """Ask the coordinator of the transaction."""
        return await self._rounds.ask(self._coordinator, request)

    async def _placed(
        self, emissions: Collection[Emission], topic_prefix: str
    ) -> dict[TopicPartition, list[Emission]]:
        counts = {
            name: len(await self.client._wait_on_metadata(topic_prefix + name))
            for name in {emission.topic.name for emission in emissions}
        }
        return placed(emissions, topic_prefix, counts)

    async def _add_partitions(self, places: Collection[TopicPartition]) -> None:
        if not places:
            return
        by_topic = _by_topic((place, place.partition) for place in places)
        await self._coordinated(AddPartitionsToTxnRequest(*self._named, by_topic))

    async def _add_offsets(self, offsets: Offsets) -> None:
        if offsets:
            await self._coordinated(AddOffsetsToTxnRequest(*self._named, self._group_id))

    async def _commit_offsets(self, offsets: Offsets) -> None:
        if not offsets:
            return
        by_topic = _by_topic(
            (place, (place.partition, offset, "")) for place, offset in offsets.items()
        )
        request = self._requests.commit_offsets(
            self._transactional_id, self._group_id, *self._identity, by_topic
        )
        await self._rounds.ask(self._group_coordinator, request)

    async def _end(self) -> None:
        answer = await self._coordinated(self._requests.end(*self._named, True))
        if self._requests.are_joining:
            self._identity = answer.producer_id, answer.producer_epoch
            self._sequences.clear()  # those of an epoch begin at zero

    async def _write(self, places: Mapping[TopicPartition, list[Emission]]) -> None:
        """Send what there is for each partition; a request takes one record batch of each."""
        waiting = {place: self._batches(place, each) for place, each in places.items()}
        while waiting:
            by_leader: dict[int, list[tuple[TopicPartition, Any]]] = defaultdict(list)
            for place, batches in waiting.items():
                by_leader[self._leader(place)].append((place, batches.pop(0)))
            await asyncio.gather(
                *(self._produce(leader, together) for leader, together in by_leader.items())
            )
            waiting = {place: batches for place, batches in waiting.items() if batches}

    def _batches(self, place: TopicPartition, emissions: list[Emission]) -> list[bytearray]:
        sequence = self._sequences[place]
        self._sequences[place] = (sequence + len(emissions)) & SEQUENCES
        return record_batches(emissions, *self._identity, sequence)

    async def _produce(self, leader: int, together: list[tuple[TopicPartition, Any]]) -> None:
        by_topic = _by_topic((place, (place.partition, batch)) for place, batch in together)
        request = self._requests.produce(self._transactional_id, -1, _WRITE_MILLISECONDS, by_topic)
        await self._rounds.ask(leader, request)

    def _leader(self, place: TopicPartition) -> int:
        leader: int | None = self.client.cluster.leader_for_partition(place)
        if leader is None or leader < 0:
            raise LeaderNotAvailableError(f"{place.topic}[{place.partition}] has no leader now")
        return leader


def _by_topic(said: Iterable[tuple[TopicPartition, Any]]) -> list[tuple[str, list[Any]]]:
    """Return what is said of partitions as requests say it: by topic."""
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for place, of_partition in said:
        by_topic[place.topic].append(of_partition)
    return list(by_topic.items())
