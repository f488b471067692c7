"""Results on their topics: published until they are, whatever becomes of a producer meanwhile."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.messages import Message
from streams import clients, codecs, topics
from streams.publishing import partition_of
from streams.settings import Settings

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_LINGER_MILLISECONDS = 2


class Results:
    """Publishes messages. One idempotent producer, and another one where that can no longer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = self._made()
        self._replacing = asyncio.Lock()
        self._retired: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect, when what is under way has been sent."""
        await asyncio.gather(self._producer.stop(), *self._retired)

    async def publish(self, topic: topics.Topic, key: bytes, message: Message) -> None:
        """Put a message on its topic; it is there when this returns."""
        name = topic.named(self._settings.topic_prefix)
        value = codecs.encode(message)
        while True:
            producer = self._producer
            try:
                # Worked out here: the client does so anew each time, in 10 µs.
                partitions = await producer.partitions_for(name)
                partition = partition_of(key, len(partitions))
                await producer.send_and_wait(name, value, key=key, partition=partition)
            except KafkaError as error:
                log.warning("a result cannot be published yet", topic=name, error=repr(error))
                if not error.retriable:
                    await self._replace(producer)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    async def _replace(self, producer: AIOKafkaProducer) -> None:
        """Go on with another producer, unless somebody has seen to it.

        What a broker refuses has a number in the sequence of its producer, and nothing comes
        behind a gap: not what is refused for its time, nor anything after it.
        """
        async with self._replacing:
            if producer is not self._producer:
                return
            fresh = self._made()
            try:
                await fresh.start()
            except KafkaError as error:
                log.warning("no broker answers", error=repr(error))
                await fresh.stop()
                return  # whoever fails next tries again
            self._producer = fresh
            # What others have given to it comes to its end, well or with an error of their own.
            retiring = asyncio.create_task(producer.stop())
            self._retired.add(retiring)
            retiring.add_done_callback(self._retired.discard)

    def _made(self) -> AIOKafkaProducer:
        return clients.producer(self._settings, linger_ms=_LINGER_MILLISECONDS)
