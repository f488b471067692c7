"""Lags: how many records of a partition wait to be taken, for each agent that reads it."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from streams import metrics


async def observe(agent: str, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
    """Note how far an agent is behind in a partition, as of the latest answer of the broker.

    Raises IllegalStateError: the partition is no longer assigned to the consumer.
    """
    end = consumer.highwater(place)
    if end is not None:
        behind = max(0, end - await consumer.position(place))
        metrics.LAG.labels(agent, place.topic, place.partition).set(behind)


async def observe_all(agent: str, consumer: AIOKafkaConsumer) -> None:
    """Note it of each partition that the consumer has; one that just goes is left out."""
    for place in consumer.assignment():
        try:
            await observe(agent, consumer, place)
        except IllegalStateError:
            forget(agent, place)


def forget(agent: str, *places: TopicPartition) -> None:
    """Say no more of partitions that the agent does not read here any more."""
    for place in places:
        metrics.LAG.remove(agent, place.topic, place.partition)
