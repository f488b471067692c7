"""Kafka records as a consumer hands them out."""

from typing import Any

from aiokafka.structs import ConsumerRecord


def record(
    value: bytes | None,
    *,
    key: bytes | None = b"key",
    headers: tuple[tuple[str, bytes | None], ...] = (),
    topic: str = "findings",
    offset: int = 42,
) -> ConsumerRecord[Any, Any]:
    """Return a record of partition 3."""
    return ConsumerRecord(
        topic=topic,
        partition=3,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=headers,
    )
