"""How Kafka keeps the records of a topic: configurations, and why they are as they are."""

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS

ARRIVAL_TIME = {"message.timestamp.type": "LogAppendTime"}
"""For records of outsiders: a wrong clock must neither delete them nor have them refused."""


def deleted(days: int) -> dict[str, str]:
    """Return what keeps every record for so many days."""
    retention_ms = days * _DAY_MS
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms),
        # Only whole segments are deleted; one a week would keep a day's records for eight.
        "segment.ms": str(min(_DAY_MS, retention_ms // 4)),
    }


def compacted() -> dict[str, str]:
    """Return what keeps the latest record of each key.

    Restoring a state reads all there is: what is outdated must go soon. The segment being
    written is never compacted, so it is small and closed often.
    """
    return {
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.2",
        "segment.bytes": str(64 << 20),
        "segment.ms": str(6 * _HOUR_MS),
    }


def durable(replication_factor: int, record_bytes_max: int) -> dict[str, str]:
    """Return what every topic has: the largest record, and how many replicas must have it.

    With three replicas one may be missing, and still no acknowledged record is ever lost.
    """
    return {
        "max.message.bytes": str(record_bytes_max),
        "min.insync.replicas": str(2 if replication_factor > 2 else 1),
    }
