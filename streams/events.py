"""The events as they come: one reading of the log for everybody in the process who follows it.

What came last is kept in a window of bounded size. Whoever follows reads from there; who is
behind it (a client that was away, or that is slow) reads the log by a consumer of its own
until it has come up. So nobody waits for anybody, and nothing grows with a slow client.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import mode
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams import clients, topics
from streams.commands import in_time
from streams.positions import LoggedEvent, Position
from streams.settings import Settings

log = structlog.get_logger(__name__)

WINDOW_EVENTS = 20_000
WINDOW_BYTES = 16 << 20
"""What is kept of what came last, at most."""

_RECORDS_MAX = 500
_POLL_MILLISECONDS = 200
_RETRY_SECONDS = 1.0
_METADATA_MILLISECONDS = 30_000


class EventFeed(mode.Service):
    """Follows ``execution-events`` from the moment somebody first asks for it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._topic_name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
        self._window: deque[LoggedEvent] = deque()
        self._window_bytes = 0
        self._dropped = 0  # events that have left the window: the index of its first one
        self._begin = Position(())  # from here on everything up to ``_end`` is in the window
        self._end = Position(())
        self._came = asyncio.Event()
        self._opening = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def kept(self) -> int:
        """How many events the window holds."""
        return len(self._window)

    async def open(self) -> Position:
        """See that the log is followed; return where it ends now. Raises BrokerAway."""
        async with self._opening:
            if self._task is None:
                consumer = await in_time(self._settings, self._consumer())
                self._task = asyncio.create_task(self._follow_log(consumer), name="event feed")
        return self._end

    async def follow(self, since: Position) -> AsyncGenerator[tuple[LoggedEvent, Position], None]:
        """Yield each event after ``since``, once, those of a partition in order; without end.

        With each the position to go on from. A position that the log does not have, since it
        was made anew, begins with what is kept.
        Raises BrokerAway, and KafkaError when the log cannot be read.
        """
        await self.open()
        at = await self._known(since)
        while True:
            if at.is_behind(self._begin):
                async with aclosing(self._earlier(at)) as earlier:
                    async for event, at in earlier:
                        if event is not None:
                            yield event, at
            index = self._dropped
            while index >= self._dropped and not at.is_behind(self._begin):
                came = self._came
                if index - self._dropped == len(self._window):
                    await came.wait()
                    continue
                event = self._window[index - self._dropped]
                index += 1
                if not at.is_past(event):
                    at = at.after(event)
                    yield event, at

    async def on_stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _follow_log(self, consumer: AIOKafkaConsumer) -> None:
        """Keep the window up to date, as long as the process runs.

        Whatever goes wrong: who follows waits for what this one reads, and would wait without end.
        """
        while True:
            try:
                await self._take_on(consumer)
            except (KafkaError, OSError) as error:
                log.warning("events are not followed, trying again", error=repr(error))
            except Exception:
                log.exception("events are not followed after a fault, trying again")
            consumer = await self._reopened()

    async def _take_on(self, consumer: AIOKafkaConsumer) -> None:
        """Take what comes until something goes wrong."""
        try:
            while True:
                await self._take(consumer)
        finally:
            await clients.stop(consumer)

    async def _reopened(self) -> AIOKafkaConsumer:
        while True:
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                return await self._consumer()
            except (KafkaError, OSError):
                continue
            except Exception:
                log.exception("events cannot be followed yet after a fault, trying again")

    async def _consumer(self) -> AIOKafkaConsumer:
        """Return a consumer that goes on at the end of the window, or of the log at first."""
        places = await self._places()
        consumer = self._new_consumer()
        try:
            await consumer.start()
            if not self._end:
                ends = await consumer.end_offsets(places)
                self._begin = self._end = Position(ends[place] for place in places)
            _seek(consumer, places, self._end)
        except BaseException:
            await clients.stop(consumer)
            raise
        return consumer

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        """Put what has come into the window."""
        places = sorted(consumer.assignment(), key=lambda place: place.partition)
        if len(consumer.partitions_for_topic(self._topic_name) or ()) > len(places):
            raise KafkaError("the topic has more partitions now")
        taken = await consumer.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS_MAX)
        for records in taken.values():
            for record in records:
                self._keep(LoggedEvent.of(record))
        self._end = Position([await consumer.position(place) for place in places])
        self._begin = self._begin.padded(len(self._end))
        if taken:
            came, self._came = self._came, asyncio.Event()
            came.set()

    def _keep(self, event: LoggedEvent) -> None:
        self._window.append(event)
        self._window_bytes += len(event.value)
        while len(self._window) > WINDOW_EVENTS or self._window_bytes > WINDOW_BYTES:
            dropped = self._window.popleft()
            self._window_bytes -= len(dropped.value)
            self._dropped += 1
            self._begin = self._begin.after(dropped)

    async def _earlier(
        self, at: Position
    ) -> AsyncGenerator[tuple[LoggedEvent | None, Position], None]:
        """Yield what stands on the log between ``at`` and the window; at the end just where."""
        async with self._reading() as (consumer, places):
            at = at.padded(len(places))
            _seek(consumer, places, at)
            while at.is_behind(self._begin):
                taken = await consumer.getmany(
                    timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS_MAX
                )
                for records in taken.values():
                    for event in map(LoggedEvent.of, records):
                        at = at.after(event)
                        yield event, at
                # Past the markers of transactions, which are no records.
                at = Position([await consumer.position(place) for place in places])
        yield None, at

    async def _known(self, since: Position) -> Position:
        """Return a position with those offsets that the log does not have taken for its start."""
        if not since.is_ahead(self._end):
            return since.padded(len(self._end))
        async with self._reading() as (consumer, places):
            ends = await consumer.end_offsets(places)
        return since.within(Position(ends[place] for place in places))

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
        places = await in_time(self._settings, self._places())
        consumer = self._new_consumer()
        try:
            await in_time(self._settings, consumer.start())
            yield consumer, places
        finally:
            await clients.stop(consumer)

    def _new_consumer(self) -> AIOKafkaConsumer:
        # New partitions are noticed within this time; Kafka's clients take five minutes.
        return clients.consumer(self._settings, metadata_max_age_ms=_METADATA_MILLISECONDS)

    async def _places(self) -> list[TopicPartition]:
        count = await topics.partitions(self._settings, topics.EXECUTION_EVENTS)
        return [TopicPartition(self._topic_name, partition) for partition in range(count)]


def _seek(consumer: AIOKafkaConsumer, places: list[TopicPartition], at: Position) -> None:
    # No await in between: the consumer would ask where to begin.
    consumer.assign(places)
    for place, offset in zip(places, at.padded(len(places)), strict=False):
        consumer.seek(place, offset)
