"""What the API sends: commands to executions, starts that must wait for a place, and findings.

One idempotent producer, made when it is first needed and made anew after a failure, so a
process starts, and goes on answering reads, while the brokers are away. Nobody waits for
them longer than a few seconds: who asked is told, and can ask again.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

import mode
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas.admissions import AdmitExecution
from schemas.commands import Command, StartExecution
from schemas.findings import Finding
from schemas.playbooks import Trigger
from streams import clients, codecs, findings, topics
from streams.settings import Settings

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""How long a writer waits for the brokers before it is told that they are away."""


class BrokerAway(Exception):
    """The Kafka brokers did not take what was to be written.

    It may have been written all the same, if only the acknowledgement was lost: commands and
    findings carry an identity, so that sending them again does no harm.
    """

    def __init__(self, broker: str | None, reason: str) -> None:
        super().__init__(
            f"the Kafka broker {broker or '(none known)'} does not answer ({reason}): "
            "try again in a few seconds; if that does not help, check PLAYBOOKS_BROKER "
            "and that the broker runs"
        )


async def in_time(settings: Settings, writing: Awaitable[T]) -> T:
    """Return what ``writing`` returns. Raises BrokerAway when it fails or takes too long."""
    task = asyncio.ensure_future(writing)
    # Not wait_for: that waits for the end of what it cancels, and a client that closes waits
    # for its brokers.
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    if not done:
        task.cancel()
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        raise BrokerAway(settings.broker, f"not within {PATIENCE_SECONDS:.0f} s")
    try:
        return task.result()
    except KafkaError as error:
        raise BrokerAway(settings.broker, f"{type(error).__name__}: {error}") from error


class CommandPublisher(mode.Service):
    """Sends commands to ``execution-commands`` and findings to ``findings``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def send(self, command: Command) -> None:
        """Put a command on its topic; it is there when this returns. Raises BrokerAway."""
        key = command.execution_id.encode()
        await self._send(topics.EXECUTION_COMMANDS, [(key, codecs.encode(command))])

    async def send_start(self, start: StartExecution, trigger: Trigger) -> None:
        """Ask for an execution of a playbook with this trigger. Raises BrokerAway.

        With ``max_running`` it waits for its place like all others; a dry run needs none.
        """
        if trigger.max_running is None or start.dry_run:
            await self.send(start)
            return
        playbook_id = start.playbook_id
        asked = AdmitExecution(id=start.id, playbook_id=playbook_id, at=start.at, start=start)
        await self._send(topics.ADMISSIONS, [(playbook_id.encode(), codecs.encode(asked))])

    async def send_findings(self, found: Iterable[Finding], traceparent: str | None = None) -> None:
        """Put findings on their topic, in order for each asset. Raises BrokerAway.

        After BrokerAway some of them may be there.
        """
        records = [(findings.partition_key(finding), codecs.encode(finding)) for finding in found]
        await self._send(topics.FINDINGS, records, traceparent)

    async def reaches_broker(self) -> bool:
        """Tell whether a broker answers now."""
        try:
            return await in_time(self._settings, self._ask())
        except BrokerAway:
            return False

    async def on_stop(self) -> None:
        """Close the producer; everything that was sent has been acknowledged."""
        await self._discard(self._producer)

    async def _ask(self) -> bool:
        producer = await self._connected()
        return bool(await producer.client.force_metadata_update())

    async def _send(
        self,
        topic: topics.Topic,
        records: list[tuple[bytes, bytes]],
        traceparent: str | None = None,
    ) -> None:
        name = topic.named(self._settings.topic_prefix)
        headers = [("content-type", b"application/json")]
        if traceparent is not None:
            headers.append(("traceparent", traceparent.encode()))

        async def writing() -> None:
            producer = await self._connected()
            sent = [
                await producer.send(name, value, key=key, headers=headers) for key, value in records
            ]
            await asyncio.gather(*sent)

        producer = self._producer
        try:
            await in_time(self._settings, writing())
        except BrokerAway as away:
            if not isinstance(away.__cause__, MessageSizeTooLargeError):
                await self._discard(producer or self._producer)
            raise

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = clients.producer(self._settings)
                try:
                    await producer.start()
                except BaseException:
                    await _abandon(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _discard(self, producer: AIOKafkaProducer | None) -> None:
        """Let go of a producer that failed: what it still holds must not be sent hours later."""
        if producer is not None and producer is self._producer:
            self._producer = None
        if producer is not None:
            await _abandon(producer)


async def _abandon(producer: AIOKafkaProducer) -> None:
    # Its own ``stop`` waits until everything is sent, however long the brokers are away,
    # unless its sender has ended.
    sender: Any = producer._sender
    task = None if sender is None else sender.sender_task
    if task is not None and not task.done():
        task.cancel()
    with suppress(KafkaError, asyncio.CancelledError):
        await producer.stop()
