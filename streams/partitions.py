"""One partition of an agent's input, from the moment it is owned to the moment it is not.

The life of a claim; the order is what makes it exactly-once:

    fence    start the producer under the partition's transactional id: the previous owner,
             should it still be running, is shut out and its open transaction aborted
    restore  read the state, which only that previous owner wrote
    seek     read the committed offset again: the previous owner may have moved it until now
    work     take a batch, let the agent handle it, commit emissions and offsets in one
             transaction; and again

Whatever goes wrong in a transaction, the claim is dropped and made anew: what the state
became in memory since the last commit is as void as what was emitted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, ProducerFenced

from streams import clients, lags, metrics
from streams.backlogs import Backlog
from streams.batches import Batch, StateError
from streams.fetches import Fetches, Record
from streams.patience import ANSWER_SECONDS, within
from streams.producers import TransactionalProducer

log = structlog.get_logger(__name__)

RECORDS_MAX = 1_000
"""Records per batch: large enough to spread the cost of a commit, small enough to stay quick. An
agent that makes little of most records takes more, as long as little comes of them."""

EMITTED_BYTES_MAX = 8 << 20
"""So much comes of a batch, or else the next one has fewer records, though no fewer than
``RECORDS_MAX``: what is emitted stays in memory until it is committed."""

EMITTED_MAX = RECORDS_MAX
"""The same for how many records come of it: others must keep up with them."""

POLL_SECONDS = 1.0
"""How long one poll waits for records at most; due timers cut it short."""

_RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)

_FENCED_SECONDS = 6.0
"""After being shut out: long enough for the group to say whose the partition is. To claim it
at once would shut out its rightful owner in turn."""


def allowed_records(records: int, emitted: int, emitted_bytes: int) -> int | None:
    """Say how many records would have led to no more than is allowed; None: these did not."""
    part = max(emitted / EMITTED_MAX, emitted_bytes / EMITTED_BYTES_MAX)
    return int(records / part) if part > 1 else None


class PartitionState(Protocol):
    """What the owner of a partition keeps for it."""

    async def restore(self) -> None:
        """Read the state as its last owner committed it."""

    def due_at(self) -> datetime | None:
        """Say when a batch is wanted even if no record comes."""

    def close(self) -> None:
        """Let go of what it holds besides memory."""


class OwnedPartition:
    """A partition that this process owns, worked on by one task."""

    def __init__(
        self,
        partition: TopicPartition,
        consumer: AIOKafkaConsumer,
        open_producer: Callable[[], TransactionalProducer],
        open_state: Callable[[], PartitionState],
        hand_over: Callable[[Batch[Any]], Awaitable[Any]],
        topic_prefix: str,
        agent: str,
        records_max: int = RECORDS_MAX,
        fetch_bytes: int = clients.FETCH_BYTES,
        backlog: Backlog | None = None,
    ) -> None:
        """backlog: of what comes of the batches; None: it is not asked for."""
        self.ready = asyncio.Event()
        self._partition = partition
        self._consumer = consumer
        self._open_producer = open_producer
        self._open_state = open_state
        self._hand_over = hand_over
        self._topic_prefix = topic_prefix
        self._agent = agent
        self._records_max = records_max
        self._fetch_bytes = fetch_bytes
        self._backlog = backlog
        self._records_next = RECORDS_MAX
        self._is_owed = False
        self._stopping = False
        self._waiting_for_records = False
        self._log = log.bind(topic=partition.topic, partition=partition.partition)
        self._task = asyncio.create_task(self._run(), name=f"own {partition}")

    async def stop(self, grace_seconds: float = 5.0) -> None:
        """Finish the transaction under way, then let go of the partition."""
        self._stopping = True
        if self._waiting_for_records or not self.ready.is_set():
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            _, pending = await asyncio.wait({self._task}, timeout=grace_seconds)
            if pending:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def _run(self) -> None:
        failures = 0
        while not self._stopping:
            pause_seconds = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
            try:
                await self._claim_and_work()
            except ProducerFenced:
                self._log.info("partition claimed by another worker")
                pause_seconds = _FENCED_SECONDS
            except (KafkaError, OSError, StateError, TimeoutError) as error:
                self._log.warning("partition released after an error", error=repr(error))
            except Exception:
                self._log.exception("partition released after a fault")
            finally:
                self.ready.clear()
                lags.forget(self._agent, self._partition)
            failures += 1
            if not self._stopping:
                metrics.CLAIMS_LOST.labels(self._agent).inc()
                await asyncio.sleep(pause_seconds)

    async def _claim_and_work(self) -> None:
        producer, state = self._open_producer(), self._open_state()
        try:
            async with within(ANSWER_SECONDS, "those before it are not shut out"):
                await producer.start()
            await state.restore()
            # On the same connection: a partition fetches, or it commits, never both at a time.
            fetches = Fetches(producer.client, self._partition, self._fetch_bytes)
            async with within(ANSWER_SECONDS, "what was committed is not known"):
                committed = await self._consumer.committed(self._partition)
                fetches.seek(await self._beginning() if committed is None else committed)
            self.ready.set()
            while not self._stopping:
                await self._work(producer, fetches, state)
        finally:
            state.close()
            with suppress(KafkaError, OSError, TimeoutError):
                await producer.stop()

    async def _beginning(self) -> int:
        """Return the offset of the first record that is still there."""
        offsets: dict[TopicPartition, int]
        offsets = await self._consumer.beginning_offsets([self._partition])
        return offsets[self._partition]

    async def _work(
        self, producer: TransactionalProducer, fetches: Fetches, state: PartitionState
    ) -> None:
        """Take one batch through its transaction."""
        records = await self._take(fetches, state.due_at())
        at = datetime.now(UTC)
        due_at = state.due_at()
        if not records and (due_at is None or due_at > at):
            return
        batch = Batch(self._partition.partition, records, at, state)
        self._is_owed = bool(records)
        await self._hand_over(batch)
        await batch.handled()
        if not records and not batch.emissions:
            return
        offsets = {self._partition: records[-1].offset + 1} if records else {}
        await producer.commit(batch.emissions, self._topic_prefix, offsets)
        self._is_owed = False
        if self._backlog is not None:
            self._backlog.add(len(batch.emissions))
        metrics.committed(self._agent, len(records))
        for count in batch.measures:
            count()
        self._size_next(batch)

    def _size_next(self, batch: Batch[Any]) -> None:
        """Let the next batch be as large as what came of this one allows."""
        emitted_bytes = sum(len(each.value or b"") for each in batch.emissions)
        emitted = len(batch.emissions)
        allowed = allowed_records(len(batch.records), emitted, emitted_bytes)
        wanted = 2 * self._records_next if allowed is None else allowed
        self._records_next = max(RECORDS_MAX, min(wanted, self._records_max))

    async def _take(self, fetches: Fetches, due_at: datetime | None) -> list[Record]:
        wait_seconds = POLL_SECONDS
        if due_at is not None:
            wait_seconds = min(wait_seconds, (due_at - datetime.now(UTC)).total_seconds())
        self._waiting_for_records = True
        try:
            if not await self._has_room(wait_seconds):
                end = await self._consumer.end_offsets([self._partition])
                lags.observe(self._agent, self._partition, fetches.position, *end.values())
                return []
            records = await fetches.take(self._records_next, max(0.0, wait_seconds))
        except OffsetOutOfRangeError:
            # It has been idle for longer than the topic keeps records.
            fetches.seek(await self._beginning())
            records = []
        finally:
            self._waiting_for_records = False
        lags.observe(self._agent, self._partition, fetches.position, fetches.end)
        return records

    async def _has_room(self, wait_seconds: float) -> bool:
        """Tell whether there is room for what comes of a batch; a while is waited for it.

        A batch whose transaction failed had it. What it wrote then was aborted, but seems to wait:
        nobody is handed it, so that nobody is beyond it before something follows.
        """
        return self._backlog is None or self._is_owed or await self._backlog.room(wait_seconds)
