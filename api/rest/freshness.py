"""How current an answer is: what is told with everything that is read from the table."""

from typing import Any

from api.rest.calls import Call
from streams import topics
from streams.table.table import Position

TABLE_HEADERS = ("X-Table-Offset", "X-Table-Age")
"""What ``table_headers`` tells."""


def table_headers(call: Call[Any, Any]) -> dict[str, str]:
    """Return ``X-Table-Offset`` and ``X-Table-Age``.

    Offset: of ``execution-events``, per partition the next one to be read, ``0:1200,1:1187``.
    Age: in seconds, the time since the table had read all that there was; not told before
    it has done so once.
    """
    table = call.parts.table
    topic = topics.EXECUTION_EVENTS.named(call.parts.settings.topic_prefix)

    def told() -> tuple[str, Position]:
        position = table.position
        read = sorted((p.partition, at) for p, at in position.offsets.items() if p.topic == topic)
        return ",".join(f"{partition}:{at}" for partition, at in read), position

    offsets, position = table.remembered(("offsets", topic), told)
    headers = {"X-Table-Offset": offsets}
    age_seconds = position.age_seconds(call.at)
    if age_seconds is not None:
        headers["X-Table-Age"] = f"{age_seconds:.1f}"
    return headers
