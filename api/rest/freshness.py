"""How current an answer is: what is told with everything that is read from the table."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from api.rest.calls import Call
from streams import topics
from streams.table.table import Position

T = TypeVar("T")

TABLE_HEADERS = ("X-Table-Offset", "X-Table-Age")
"""What ``table_headers`` tells."""


class Freshness(NamedTuple):
    """How far the table has read. offsets: of ``execution-events``, as they are told."""

    offsets: str
    position: Position

    def headers(self, at: datetime) -> dict[str, str]:
        """Return ``X-Table-Offset`` and ``X-Table-Age``; more may be added. at: now.

        Offset: of ``execution-events``, per partition the next one to be read, ``0:1200,1:1187``.
        Age: in seconds, the time since the table had read all that there was; not told before
        it has done so once.
        """
        age_seconds = self.position.age_seconds(at)
        if age_seconds is None:
            return {"X-Table-Offset": self.offsets}
        return {"X-Table-Offset": self.offsets, "X-Table-Age": f"{age_seconds:.1f}"}


def table_headers(call: Call[Any, Any]) -> dict[str, str]:
    """Return the headers that tell how current the table is."""
    return _freshness(call).headers(call.at)


def remembered(
    call: Call[Any, Any], name: tuple[str, str], read: Callable[[], T]
) -> tuple[T, dict[str, str]]:
    """Return what is read from the table, or was since its last change, and these headers.

    name: of what is read. Both are looked up at once, for what is asked for most.
    """
    table = call.parts.table

    def both() -> tuple[Freshness, T]:
        # In this order: what is told must not claim to be more current than it is.
        return _freshness(call), read()

    freshness, found = table.remembered(name, both)
    return found, freshness.headers(call.at)


def _freshness(call: Call[Any, Any]) -> Freshness:
    table = call.parts.table
    topic = topics.EXECUTION_EVENTS.named(call.parts.settings.topic_prefix)

    def told() -> Freshness:
        position = table.position
        read = sorted((p.partition, at) for p, at in position.offsets.items() if p.topic == topic)
        return Freshness(",".join(f"{partition}:{at}" for partition, at in read), position)

    return table.remembered(("offsets", topic), told)
