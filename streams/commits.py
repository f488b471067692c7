"""Commits of the step agent: what is done, and what has begun, under one membership each.

A call that must not be made twice is recorded as begun before it is made, in the commit of its
partition. What makes that safe is the group: a commit counts only under the membership
(generation and member id) under which the partition was claimed, and whoever claims it next
reads the commit after the group has closed that membership. So a worker that was left for dead
either has its call on record, and the new owner knows of it, or is refused and does not make it.

Commits go one after another, each with the newest there is to say: one that is sent again
after a failure could otherwise take back what a later one has said.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from aiokafka.structs import OffsetAndMetadata

from streams.acknowledgements import Acknowledgements

log = structlog.get_logger(__name__)

_CLOSED = (IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)
"""Answers to a commit under a membership that the group has closed, or is just closing."""

RETRY_SECONDS = 0.2

COMMIT_SECONDS = 0.02
"""How long what is done waits for others to be done too: after a crash that much may run again."""


class Claim:
    """A partition as the group has given it to this worker, until it takes it away.

    ending: no further request of it is taken.
    """

    def __init__(
        self, place: TopicPartition, acknowledgements: Acknowledgements, membership: Any
    ) -> None:
        self.place = place
        self.acknowledgements = acknowledgements
        self.membership = membership
        self.ending = False


class Commits:
    """The claims of a worker, and the one way in which they are committed.

    changed: there is something to commit. urgent: a call waits for it.
    """

    def __init__(self, consumer: AIOKafkaConsumer, owner: str) -> None:
        """owner: this worker's name in the group."""
        self.changed = asyncio.Event()
        self.urgent = asyncio.Event()
        self._consumer = consumer
        self._owner = owner
        self._claims: dict[TopicPartition, Claim] = {}
        self._begins: list[tuple[Claim, asyncio.Future[bool]]] = []
        self._finished = asyncio.Event()
        self._lock = asyncio.Lock()

    def claim_of(self, place: TopicPartition) -> Claim | None:
        """Return the claim to a partition; None: it belongs to somebody else."""
        return self._claims.get(place)

    async def claim(self, places: Iterable[TopicPartition]) -> None:
        """Go on in each partition where its last owner stood."""
        for place in places:
            membership = self._membership()
            said = (await committed(self._consumer, [place]))[place]
            acknowledgements = Acknowledgements(said.offset, said.metadata, self._owner)
            self._claims[place] = Claim(place, acknowledgements, membership)
            # Records may have been handed out, and left, while this was being looked up.
            self._consumer.seek(place, said.offset)

    def end(self, places: Iterable[TopicPartition]) -> None:
        """Take no further request of these partitions: they are about to go."""
        for place in places:
            if place in self._claims:
                self._claims[place].ending = True
        self._finished.set()

    def drop(self, places: Iterable[TopicPartition]) -> None:
        """Let go of partitions."""
        for place in places:
            self._claims.pop(place, None)

    async def take(self, claim: Claim, offset: int) -> bool:
        """Note that a request was handed out; False: it is done already, or not for this worker.

        Waits while a partition has as many unfinished requests as a commit can tell of.
        """
        while claim.acknowledgements.is_full and not claim.ending:
            self._finished.clear()
            await self._finished.wait()
        return not claim.ending and claim.acknowledgements.take(offset)

    async def begin(self, claim: Claim, offset: int) -> bool:
        """Record that a call is about to be made; return when that is safe.

        False: it must not be made, the partition belongs to somebody else.
        """
        if self._claims.get(claim.place) is not claim:
            return False
        claim.acknowledgements.begin(offset)
        recorded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._begins.append((claim, recorded))
        self.changed.set()
        self.urgent.set()
        return await recorded

    def finish(self, place: TopicPartition, offset: int) -> None:
        """Note that the result of a request is on its topic."""
        claim = self._claims.get(place)
        if claim is not None:
            claim.acknowledgements.finish(offset)
            self._finished.set()
            self.changed.set()

    async def keep(self) -> None:
        """Commit as it goes, until cancelled."""
        while True:
            await self.changed.wait()
            # A call that is about to be made does not wait for what only tells what is done.
            with suppress(TimeoutError):
                await asyncio.wait_for(self.urgent.wait(), COMMIT_SECONDS)
            try:
                await self.commit()
            except KafkaError as error:
                log.warning("what is done cannot be committed yet", error=repr(error))
                self.changed.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def commit(self) -> None:
        """Commit what is done and what has begun.

        Raises KafkaError when the brokers did not take it; what waits for it waits on.
        """
        async with self._lock:
            self.changed.clear()
            self.urgent.clear()
            coordinator = self._consumer._coordinator
            await coordinator.ensure_coordinator_known()
            # Nothing is awaited from here until the request is made: what it says, and under
            # which membership, belong together.
            membership = self._membership()
            under = [each for each in self._claims.values() if each.membership == membership]
            commits = {
                each.place: OffsetAndMetadata(*each.acknowledgements.commit()) for each in under
            }
            begins, self._begins = self._begins, []
            try:
                await coordinator._do_commit_offsets(None, commits)
            except _CLOSED as error:
                log.info("partitions are being claimed anew", reason=type(error).__name__)
                under = []
            except BaseException:
                self._begins += begins
                raise
            for claim, recorded in begins:
                if not recorded.done():
                    recorded.set_result(claim in under)

    def _membership(self) -> tuple[int, str]:
        coordinator = self._consumer._coordinator
        return coordinator.generation, coordinator.member_id


async def committed(
    consumer: AIOKafkaConsumer, places: Collection[TopicPartition]
) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the consumer's group has committed; where nothing, the first offset there is.

    Raises KafkaError.
    """
    # aiokafka's consumer.committed() asks for one partition and drops the metadata, and its
    # commit() may send what it was told again under a later membership.
    found: dict[TopicPartition, OffsetAndMetadata]
    found = await consumer._coordinator.fetch_committed_offsets(list(places))
    missing = [place for place in places if place not in found]
    begins = await consumer.beginning_offsets(missing) if missing else {}
    return found | {place: OffsetAndMetadata(begin, "") for place, begin in begins.items()}
