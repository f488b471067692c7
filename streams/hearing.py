"""When a broker has answered last, by a clock that only counts on.

Kafka's client says it by the wall clock, which may be set: forwards, and who has just answered
seems to have been silent; backwards, and who is silent seems to have just answered. So of what
it says only that it has changed counts.
"""

import time

from aiokafka import AIOKafkaConsumer, TopicPartition


class Hearing:
    """Listens to the answers to one consumer. Who asks often is told exactly."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._began_at = time.monotonic()
        self._heard: dict[TopicPartition, tuple[int, float]] = {}

    def heard_at(self, place: TopicPartition) -> float:
        """Return when a partition was answered for last; when it never was: when this began."""
        told: int | None = self._consumer.last_poll_timestamp(place)
        known = self._heard.get(place)
        if told is not None and (known is None or known[0] != told):
            known = self._heard[place] = told, time.monotonic()
        return self._began_at if known is None else known[1]
