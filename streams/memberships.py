"""Membership in a group: what aiokafka (0.14) gives up for good is begun anew."""

from aiokafka import AIOKafkaConsumer


def join_anew(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer give back its partitions and join its group once more, soon."""
    consumer._coordinator.request_rejoin()


def keep(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer join anew if a part of its membership has ended with an error.

    Its heartbeats do, and the reading of what its group has committed, with one that does not pass
    by itself, such as a permission that was taken away. Given back, it would not be asked for: the
    group gives the partitions to others, and this consumer would never know.
    """
    coordinator = consumer._coordinator
    parts = (coordinator._heartbeat_task, coordinator._commit_refresh_task)
    ended = [part for part in parts if part is not None and part.done() and not part.cancelled()]
    if any(part.exception() is not None for part in ended):
        join_anew(consumer)
