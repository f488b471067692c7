"""Membership in a group: what aiokafka (0.14) gives up for good is begun anew."""

from aiokafka import AIOKafkaConsumer


def join_anew(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer give back its partitions and join its group once more, soon."""
    consumer._coordinator.request_rejoin()


def keep(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer join anew if its group will not hear of it again.

    Its heartbeats end with an error that does not pass by itself, such as a permission that was
    taken away. Given back, it would not be asked for: the group gives the partitions to others,
    and this consumer would never know.
    """
    beating = consumer._coordinator._heartbeat_task
    if beating is not None and beating.done():
        join_anew(consumer)
