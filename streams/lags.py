"""Lags: how many records of a partition wait to be taken, for each agent that reads it."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from streams import metrics


def observe(agent: str, place: TopicPartition, position: int, end: int) -> None:
    """Note how far an agent is behind in a partition, as of the latest answer of the broker."""
    metrics.LAG.labels(agent, place.topic, place.partition).set(max(0, end - position))


async def observe_all(agent: str, consumer: AIOKafkaConsumer) -> None:
    """Note it of each partition that the consumer has; one that just goes is left out."""
    for place in consumer.assignment():
        try:
            end = consumer.highwater(place)
            if end is not None:
                observe(agent, place, await consumer.position(place), end)
        except IllegalStateError:
            forget(agent, place)


def forget(agent: str, *places: TopicPartition) -> None:
    """Say no more of partitions that the agent does not read here any more."""
    for place in places:
        metrics.LAG.remove(agent, place.topic, place.partition)
