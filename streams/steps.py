"""The step agent: action requests in, ``CompleteStep`` and ``FailStep`` commands out.

Only committed requests are read: the request of an aborted transaction belongs to a
decision that never happened. A bounded number runs at once, and a request counts as done
when its result is on ``execution-commands``. After a crash it may run again: the
connector has its idempotency key, and the engine takes the first result only.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import mode
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata

from engine.outputs import kept
from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep, StepError
from schemas.messages import Message
from streams import clients, codecs, topics
from streams.acknowledgements import Acknowledgements
from streams.actions.actions import Actions
from streams.actions.errors import ActionError
from streams.dead_letters import letter_of, reason_of
from streams.settings import Settings
from streams.transactions import SESSION_SECONDS

log = structlog.get_logger(__name__)

AGENT = "steps"

CONCURRENCY = 100
"""Actions that run at once in one worker."""

STOP_SECONDS = 5.0
"""How long running actions may still take when the worker stops."""


class Steps(mode.Service):
    """Runs the actions that executions ask for."""

    def __init__(self, settings: Settings, actions: Actions, *, instance: str) -> None:
        super().__init__()
        self._settings = settings
        self._actions = actions
        self._instance = f"{instance}-{AGENT}"
        self._running: dict[str, asyncio.Task[None]] = {}
        self._acknowledged: dict[TopicPartition, Acknowledgements] = {}
        self._changed = asyncio.Event()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._consumer: AIOKafkaConsumer
        self._producer: AIOKafkaProducer

    async def on_start(self) -> None:
        """Join the group."""
        self._producer = clients.producer(self._settings, linger_ms=2)
        await self._producer.start()
        self._consumer = clients.consumer(
            self._settings,
            group_id=f"{self._settings.topic_prefix}playbooks-{AGENT}",
            group_instance_id=self._instance,
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=500,
            rebalance_timeout_ms=SESSION_SECONDS * 1000,
            fetch_max_wait_ms=20,
        )
        name = topics.ACTION_REQUESTS.named(self._settings.topic_prefix)
        self._consumer.subscribe([name], listener=_Ownership(self))
        await self._consumer.start()

    async def on_stop(self) -> None:
        """Let running actions finish for a while, and acknowledge them."""
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        await self.acknowledge()
        await self._consumer.stop()
        await self._producer.stop()

    async def claim(self, partitions: set[TopicPartition]) -> None:
        """Go on in each partition where its last owner acknowledged."""
        for place in partitions:
            committed = await self._committed(place)
            self._acknowledged[place] = Acknowledgements(committed.offset, committed.metadata)
            # Records may have been handed out, and left, while this was being looked up.
            self._consumer.seek(place, committed.offset)

    async def release(self, partitions: set[TopicPartition]) -> None:
        """Acknowledge what is done. What still runs goes on here; its result counts first."""
        await self.acknowledge()
        for place in partitions:
            self._acknowledged.pop(place, None)

    async def acknowledge(self) -> None:
        """Commit what is done."""
        self._changed.clear()
        commits = {
            place: OffsetAndMetadata(*acknowledged.commit())
            for place, acknowledged in self._acknowledged.items()
        }
        if commits:
            with suppress(KafkaError):  # the next one tells the same, and more
                await self._consumer.commit(commits)

    @mode.Service.task
    async def _acknowledge_as_it_goes(self) -> None:
        while not self.should_stop:
            await self.wait_first(self._changed.wait(), timeout=1.0)
            if self._changed.is_set():
                await self.acknowledge()

    @mode.Service.task
    async def _take(self) -> None:
        while not self.should_stop:
            try:
                taken = await self._consumer.getmany(timeout_ms=500, max_records=CONCURRENCY)
            except KafkaError as error:
                log.warning("action requests cannot be read", error=repr(error))
                await self.sleep(1.0)
                continue
            for place, records in taken.items():
                for record in records:
                    await self._hand_out(place, record)

    async def _hand_out(self, place: TopicPartition, record: ConsumerRecord[Any, Any]) -> None:
        """Start a request as soon as a slot is free, unless it has been run or runs already."""
        acknowledged = self._acknowledged.get(place)
        if acknowledged is None or not acknowledged.take(record.offset):
            return
        identity = f"{place.topic}/{place.partition}/{record.offset}"
        if identity in self._running:
            # The partition went away and came back: the first run of it counts here too.
            task = self._running[identity]
            task.add_done_callback(lambda _: self._finish(place, record.offset))
            return
        await self._slots.acquire()
        if self._acknowledged.get(place) is not acknowledged:
            self._slots.release()  # the partition went away meanwhile: its new owner runs it
            return
        task = asyncio.create_task(self._run(place, record), name=f"act {identity}")
        self._running[identity] = task
        task.add_done_callback(lambda _: self._running.pop(identity, None))
        task.add_done_callback(lambda _: self._slots.release())

    async def _run(self, place: TopicPartition, record: ConsumerRecord[Any, Any]) -> None:
        try:
            request = codecs.decode_request(record.value)
        except ValueError as error:
            letter = letter_of(record, AGENT, reason_of(error), datetime.now(UTC))
            await self._send(topics.DEAD_LETTERS, record.key or b"", letter)
        else:
            result = await act(self._actions, request)
            await self._send(topics.EXECUTION_COMMANDS, request.execution_id.encode(), result)
        self._finish(place, record.offset)

    async def _send(self, topic: topics.Topic, key: bytes, message: Message) -> None:
        """Publish a result. Until it is published the request is not done, so: until it is."""
        name = topic.named(self._settings.topic_prefix)
        while True:
            try:
                await self._producer.send_and_wait(name, codecs.encode(message), key=key)
            except KafkaError as error:
                log.warning("a result cannot be published yet", topic=name, error=repr(error))
                await asyncio.sleep(1.0)
            else:
                return

    def _finish(self, place: TopicPartition, offset: int) -> None:
        acknowledged = self._acknowledged.get(place)
        if acknowledged is not None:
            acknowledged.finish(offset)
            self._changed.set()

    async def _committed(self, place: TopicPartition) -> OffsetAndMetadata:
        # aiokafka's consumer.committed() drops the metadata.
        coordinator = self._consumer._coordinator
        known: dict[TopicPartition, OffsetAndMetadata] = await coordinator.fetch_committed_offsets(
            [place]
        )
        if place in known:
            return known[place]
        beginnings = await self._consumer.beginning_offsets([place])
        return OffsetAndMetadata(beginnings[place], "")


class _Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the step agent what the group decides."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._steps.release(set(revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._steps.claim(set(assigned))


async def act(actions: Actions, request: ActionRequest) -> CompleteStep | FailStep:
    """Run one attempt and return its result as the command that reports it."""
    try:
        output = await actions.run(request)
    except ActionError as error:
        return FailStep(
            **_reported(request),
            error=StepError(
                code=error.code,
                message=str(error),
                retryable=error.retryable,
                retry_after_seconds=error.retry_after_seconds,
            ),
        )
    output, truncated = kept(output)
    return CompleteStep(**_reported(request), output=output, output_truncated=truncated)


def _reported(request: ActionRequest) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "execution_id": request.execution_id,
        "at": datetime.now(UTC),
        "step_id": request.step_id,
        "visit": request.visit,
        "attempt": request.attempt,
    }
