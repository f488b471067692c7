"""The step agent: action requests in, ``CompleteStep`` and ``FailStep`` commands out.

Only committed requests are read: that of an aborted transaction belongs to a decision that never
happened. A bounded number runs at once; a request is done when its result is on the topic
``execution-commands``. After a crash it may run again, under the same idempotency key.

A call that would happen twice then is recorded as begun before it is made (``commits.py``). If it
has begun and nobody reports, its outcome is unknown, and ``on_unknown`` says what follows.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias

import mode
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep
from streams import attempts, clients, codecs, lags, memberships, metrics, topics
from streams.actions.actions import Actions
from streams.commits import RETRY_SECONDS, Claim, Commits
from streams.dead_letters import letter_of, reason_of
from streams.results import Results
from streams.settings import Settings
from streams.transactions import SESSION_SECONDS

log = structlog.get_logger(__name__)

AGENT = "steps"

CONCURRENCY = 100
"""Actions that run at once in one worker."""

STOP_SECONDS = 5.0
"""How long running actions may still take when the worker stops."""

RELEASE_SECONDS = 2.0
"""How long a partition that goes to another worker waits for calls that must not be made twice:
less than ``rebalance_timeout_ms``."""

FETCH_MILLISECONDS = 100
"""How long a broker holds a fetch for which there is nothing, and others may wait for it."""

LATE_SECONDS = 30.0
"""How long a call that another worker has begun may still be reported by it: it may be alive."""

Request: TypeAlias = ConsumerRecord[Any, Any]
Place: TypeAlias = tuple[TopicPartition, int]  # and offset


class Steps(mode.Service):
    """Runs the actions that executions ask for."""

    def __init__(self, settings: Settings, actions: Actions, *, instance: str) -> None:
        super().__init__()
        self._settings = settings
        self._actions = actions
        self._instance = f"{instance}-{AGENT}"
        self._running: dict[Place, asyncio.Task[bool]] = {}
        self._unreported: set[asyncio.Task[bool]] = set()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._stopping = asyncio.Event()
        self._commits: Commits
        self._consumer: AIOKafkaConsumer
        self._results: Results

    async def on_start(self) -> None:
        """Join the group."""
        self._results = Results(self._settings)
        await self._results.start()
        self._consumer = clients.consumer(
            self._settings,
            group_id=f"{self._settings.topic_prefix}playbooks-{AGENT}",
            group_instance_id=self._instance,
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=500,
            rebalance_timeout_ms=SESSION_SECONDS * 1000,
            fetch_max_wait_ms=FETCH_MILLISECONDS,
        )
        self._commits = Commits(self._consumer, self._instance)
        named = [topics.ACTION_REQUESTS.named(self._settings.topic_prefix)]
        self._consumer.subscribe(named, listener=_Ownership(self, self._commits))
        await self._consumer.start()

    async def on_stop(self) -> None:
        """Let running actions finish for a while, and acknowledge them."""
        self._stopping.set()
        running = [*self._running.values(), *self._unreported]
        if running:
            _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        await self._committed_in_time()
        await clients.stop(self._consumer)
        await self._results.stop()

    async def release(self, partitions: set[TopicPartition]) -> None:
        """Acknowledge what is done. What still runs goes on here; its result counts first."""
        self._commits.end(partitions)
        once = [
            task
            for (place, offset), task in self._running.items()
            if (claim := self._commits.claim_of(place)) is not None
            and place in partitions
            and claim.acknowledgements.has_begun(offset)
        ]
        if once:
            await asyncio.wait(once, timeout=RELEASE_SECONDS)
        await self._committed_in_time()
        self._commits.drop(partitions)
        lags.forget(AGENT, *partitions)

    def join_anew(self) -> None:
        """Give all partitions back, and be given some again."""
        memberships.join_anew(self._consumer)

    async def _committed_in_time(self) -> None:
        """Commit, unless the brokers take longer than anybody can wait now."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._commits.commit()
        except (KafkaError, TimeoutError) as error:
            log.warning("what is done cannot be committed", error=repr(error))

    @mode.Service.task
    async def _commit_as_it_goes(self) -> None:
        await self._commits.keep()

    @mode.Service.task
    async def _take(self) -> None:
        while not self.should_stop:
            try:
                taken = await self._consumer.getmany(timeout_ms=500, max_records=CONCURRENCY)
            except KafkaError as error:
                log.warning("action requests cannot be read", error=repr(error))
                memberships.keep(self._consumer)
                await self.sleep(1.0)
                continue
            await lags.observe_all(AGENT, self._consumer)
            for place, records in taken.items():
                for record in records:
                    await self._hand_out(place, record)

    async def _hand_out(self, place: TopicPartition, record: Request) -> None:
        """Start a request as soon as a slot is free, unless it has been run or runs already."""
        claim = self._commits.claim_of(place)
        if claim is None or not await self._commits.take(claim, record.offset):
            return
        identity = (place, record.offset)
        before = self._running.get(identity)
        if before is None and claim.acknowledgements.has_begun(record.offset):
            # In no slot: many may have to be waited for, and others can run meanwhile.
            waiting = asyncio.create_task(self._report_unknown(claim, record))
            self._unreported.add(waiting)
            waiting.add_done_callback(self._unreported.discard)
            return
        await self._slots.acquire()
        if self._commits.claim_of(place) is not claim:
            self._slots.release()  # the partition went away meanwhile: its new owner runs it
            return
        task = self._start(identity, self._run(claim, record, before))
        task.add_done_callback(lambda _: self._slots.release())

    def _start(self, identity: Place, running: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
        task = asyncio.create_task(running, name=f"act {identity}")
        self._running[identity] = task

        def ended(_: asyncio.Task[bool]) -> None:
            if self._running.get(identity) is task:
                del self._running[identity]

        task.add_done_callback(ended)
        return task

    async def _run(self, claim: Claim, record: Request, before: asyncio.Task[bool] | None) -> bool:
        """Run a request and publish its result; False: it is for somebody else to run.

        before: its run under an earlier claim, which counts here too.
        """
        if before is None or not await before:
            if claim.acknowledgements.has_begun(record.offset):
                return await self._report_unknown(claim, record)
            try:
                request = codecs.decode_request(record.value)
            except ValueError as error:
                letter = letter_of(record, AGENT, reason_of(error), datetime.now(UTC))
                await self._results.publish(topics.DEAD_LETTERS, record.key or b"", letter)
                metrics.parked(AGENT)
            else:
                is_harmless = self._actions.is_repeatable(request)
                is_harmless &= not self._actions.settle_seconds(request)
                if not is_harmless and not await self._commits.begin(claim, record.offset):
                    return False
                await self._report(request, await attempts.run(self._actions, request))
        self._commits.finish(claim.place, record.offset)
        return True

    async def _report_unknown(self, claim: Claim, record: Request) -> bool:
        """Report that nobody knows the outcome of a call that another process has begun.

        Where to make it again does no harm it is made, as soon as its first effect can be seen.
        """
        request = codecs.decode_request(record.value)
        is_harmless = self._actions.is_repeatable(request)
        seconds = self._actions.settle_seconds(request) if is_harmless else LATE_SECONDS
        if not is_harmless and claim.acknowledgements.before == self._instance:
            seconds = 0  # a process of the same name has ended, or this one would not have it
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set() or self._commits.claim_of(claim.place) is not claim:
            return False
        again = attempts.run(self._actions, request) if is_harmless else None
        await self._report(request, attempts.unknown(request) if again is None else await again)
        self._commits.finish(claim.place, record.offset)
        return True

    async def _report(self, request: ActionRequest, result: CompleteStep | FailStep) -> None:
        await self._results.publish(
            topics.EXECUTION_COMMANDS, request.execution_id.encode(), result
        )
        metrics.attempted(request.action_ref, result)


class _Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the step agent what the group decides."""

    def __init__(self, steps: Steps, commits: Commits) -> None:
        self._steps, self._commits = steps, commits

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._steps.release(set(revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        try:
            await self._commits.claim(set(assigned))
        except Exception as error:
            # aiokafka would go on as if nothing had happened, and no request of them be taken.
            log.warning("partitions cannot be claimed, joining anew", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)
            self._steps.join_anew()
