"""The registry of playbooks: every revision, read from the compacted topic ``playbooks``.

Each process holds one. Reading is following the log; writing is exclusive across all
processes: a writer starts a producer under the one transactional id of the topic, which
shuts out every other writer, reads to the end, checks what it saw, and commits. If
somebody else starts to write meanwhile, this commit fails and is tried anew.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import mode
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from engine import playbooks, revisions
from engine.compiling import compiled
from engine.graphs import Graph
from engine.revisions import Authored
from schemas.messages import Message
from schemas.playbooks import Playbook, PlaybookDeleted, PlaybookPublished
from streams import clients, codecs, logs, topics
from streams.conflicts import PlaybookConflict, VersionConflict
from streams.settings import Settings

log = structlog.get_logger(__name__)

_WRITE_ATTEMPTS = 5


class PlaybookRegistry(mode.Service):
    """Every playbook and every revision of it, as far as the log has been read.

    changed: called after each record that has been taken in, for those who keep an index.
    version: how many have been taken in, for those who look now and then.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.changed: list[Callable[[], None]] = []
        self.version = 0
        self._settings = settings
        self._place = TopicPartition(topics.PLAYBOOKS.named(settings.topic_prefix), 0)
        self._currents: dict[str, PlaybookPublished] = {}
        self._revisions: dict[tuple[str, str], PlaybookPublished] = {}
        self._histories: dict[str, dict[str, PlaybookPublished]] = {}
        self._graphs: dict[tuple[str, str], Graph] = {}
        self._awaited: set[str] | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._asking: AIOKafkaConsumer | None = None
        self._reading = asyncio.Lock()
        self._next_reading: asyncio.Task[None] | None = None

    def current(self, playbook_id: str) -> PlaybookPublished | None:
        """Return the revision that new executions get, None if there is no such playbook."""
        return self._currents.get(playbook_id)

    def currents(self) -> list[PlaybookPublished]:
        """Return the current revision of every playbook, oldest playbook first."""
        return sorted(self._currents.values(), key=lambda p: (p.created_at, p.playbook_id))

    def revision(self, playbook_id: str, revision: str) -> PlaybookPublished | None:
        """Return a revision, also of a playbook that has been deleted."""
        return self._revisions.get((playbook_id, revision))

    def history(self, playbook_id: str) -> list[PlaybookPublished]:
        """Return every revision since the playbook was created, latest published last."""
        return list(self._histories.get(playbook_id, {}).values())

    def graph(self, playbook_id: str, revision: str) -> Graph | None:
        """Return a revision compiled, None if it is not known."""
        key = (playbook_id, revision)
        if key not in self._graphs:
            published = self._revisions.get(key)
            if published is None:
                return None
            self._graphs[key] = compiled(published.definition, revision)
        return self._graphs[key]

    def awaits(self, event: str) -> bool:
        """Tell whether some enabled playbook is triggered by such an event."""
        if self._awaited is None:
            definitions = (published.definition for published in self._currents.values())
            self._awaited = {each.trigger.event for each in definitions if each.enabled}
        return event in self._awaited

    async def on_start(self) -> None:
        """Read the whole topic; afterwards the registry is as current as the log."""
        self._consumer = clients.consumer(self._settings, fetch_max_wait_ms=250)
        await self._consumer.start()
        self._consumer.assign([self._place])
        await self._consumer.seek_to_beginning(self._place)
        # One that fetches nothing: behind a fetch that waits for records, on the same connection,
        # the question where the log ends would wait as long.
        self._asking = clients.consumer(self._settings)
        await self._asking.start()
        await self.catch_up()

    async def on_stop(self) -> None:
        """Stop following."""
        for consumer in (self._consumer, self._asking):
            if consumer is not None:
                await clients.stop(consumer)

    async def catch_up(self) -> None:
        """Read to the end of the log as of now. Who asks while a reading waits to begin shares it.

        Raises KafkaError.
        """
        if self._next_reading is None:
            self._next_reading = asyncio.create_task(self._read_to_the_end())
        await asyncio.shield(self._next_reading)

    async def _read_to_the_end(self) -> None:
        async with self._reading:
            self._next_reading = None  # where the log ends is asked now: too early for later ones
            async for record in logs.to_the_end(self._reader, [self._place], self._asking):
                self._take(record)

    async def publish(
        self,
        definition: Playbook,
        *,
        by: str,
        expected: str | None,
        authored: Authored | None = None,
    ) -> PlaybookPublished:
        """Make ``definition`` the current revision of its playbook, and return the record.

        expected: the revision that the writer saw as current, None: there is none, or else
        PlaybookConflict. authored: the times of the document it came in. Raises VersionConflict
        when the version is there with other content, KafkaError when the broker is away.
        """

        def record() -> tuple[str, PlaybookPublished]:
            current = self._expect(definition.id, expected)
            revision = playbooks.revision(definition)
            for known in self.history(definition.id):
                same_version = known.definition.version == definition.version
                if same_version and known.revision != revision:
                    raise VersionConflict(definition.id, definition.version)
            return f"{definition.id}@{revision}", revisions.published(
                definition,
                revision,
                at=datetime.now(UTC),
                by=by,
                current=current,
                known=self._histories.get(definition.id, {}).get(revision),
                authored=authored,
            )

        await self._write(record)
        published = self.current(definition.id)
        if published is None:
            raise PlaybookConflict(definition.id, None)
        return published

    async def delete(self, playbook_id: str, *, by: str, expected: str) -> None:
        """Take the playbook away. Its revisions stay for the executions that run them.

        Raises as ``publish`` does.
        """

        def record() -> tuple[str, PlaybookDeleted]:
            self._expect(playbook_id, expected)
            return f"{playbook_id}@deleted", PlaybookDeleted(
                playbook_id=playbook_id, deleted_at=datetime.now(UTC), by=by
            )

        await self._write(record)

    def _expect(self, playbook_id: str, expected: str | None) -> PlaybookPublished | None:
        current = self.current(playbook_id)
        if (None if current is None else current.revision) != expected:
            raise PlaybookConflict(playbook_id, current)
        return current

    async def _write(self, record: Callable[[], tuple[str, Message]]) -> None:
        """Publish what ``record`` makes of the end of the log, with every other writer shut out."""
        for attempt in range(_WRITE_ATTEMPTS):
            writer = f"{self._place.topic}-writer"
            producer = clients.producer(self._settings, transactional_id=writer)
            try:
                await producer.start()
                await self.catch_up()
                key, message = record()
                async with producer.transaction():
                    value = codecs.encode(message)
                    sent = await producer.send_and_wait(self._place.topic, value, key.encode(), 0)
                break
            except ProducerFenced:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.05 * 2**attempt)
            finally:
                with suppress(KafkaError):
                    await producer.stop()
        # Readers are told of a commit a moment after its writer is.
        while await self._reader.position(self._place) <= sent.offset:
            await self.catch_up()

    @mode.Service.task
    async def _follow(self) -> None:
        while not self.should_stop:
            try:
                async with self._reading:
                    taken = await self._reader.getmany(timeout_ms=0, max_records=1_000)
                    for record in taken.get(self._place, []):
                        self._take(record)
            except KafkaError as error:
                log.warning("playbooks cannot be followed", error=repr(error))
            await self.sleep(0.1)

    @property
    def _reader(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the registry has not been started")
        return self._consumer

    def _take(self, record: ConsumerRecord[bytes, bytes]) -> None:
        if record.value is None:
            return
        try:
            message = codecs.decode_playbook(record.value)
        except ValidationError as error:
            log.error("unreadable playbook skipped", offset=record.offset, error=str(error))
            return
        if isinstance(message, PlaybookDeleted):
            self._currents.pop(message.playbook_id, None)
            self._histories.pop(message.playbook_id, None)
        else:
            history = self._histories.setdefault(message.playbook_id, {})
            history.pop(message.revision, None)
            history[message.revision] = message
            self._revisions[message.playbook_id, message.revision] = message
            self._currents[message.playbook_id] = message
        self.version += 1
        self._awaited = None
        for notify in self.changed:
            notify()
