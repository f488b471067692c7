"""Where reading goes on: the offsets of the table, held against the log as it is now.

Called by the projection before it reads, and by ``streams/verification.py``, which compares
a table with the log only if the one was made from the other.
"""

from collections.abc import Mapping

from aiokafka import TopicPartition

Origins = Mapping[TopicPartition, tuple[str, int]]
"""Per partition that a table was made from: the cluster's id and the next offset."""

Offsets = Mapping[TopicPartition, int]


def why_foreign(origins: Origins, cluster_id: str, ends: Offsets) -> str | None:
    """Say why the table cannot have come from this log; None: it can.

    ends: per partition of the log, the offset at which it ends.
    """
    for place, (origin, offset) in origins.items():
        where = f"partition {place.partition} of {place.topic}"
        if origin != cluster_id:
            return f"it was made from cluster {origin}, this one is {cluster_id}"
        if place not in ends:
            return f"it was made from {where}, which is not read or not there any more"
        if offset > ends[place]:
            return f"{where} ends at {ends[place]}, and the table has read up to {offset}"
    return None


def removed(origins: Origins, begins: Offsets) -> dict[TopicPartition, int]:
    """Return, per partition, how many offsets retention took away before they were read."""
    return {
        place: begins[place] - offset
        for place, (_, offset) in origins.items()
        if place in begins and offset < begins[place]
    }
