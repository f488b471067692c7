"""How current an answer is: what is told with everything that is read from the table."""

from typing import Any

from api.rest.calls import Call
from streams import topics

TABLE_HEADERS = ("X-Table-Offset", "X-Table-Age")
"""What ``table_headers`` tells."""


def table_headers(call: Call[Any, Any]) -> dict[str, str]:
    """Return ``X-Table-Offset`` and ``X-Table-Age``.

    Offset: of ``execution-events``, per partition the next one to be read, ``0:1200,1:1187``.
    Age: in seconds, the time since the table had read all that there was; not told before
    it has done so once.
    """
    position = call.parts.table.position
    topic = topics.EXECUTION_EVENTS.named(call.parts.settings.topic_prefix)
    read = sorted((p.partition, next) for p, next in position.offsets.items() if p.topic == topic)
    headers = {"X-Table-Offset": ",".join(f"{partition}:{next}" for partition, next in read)}
    age_seconds = position.age_seconds(call.at)
    if age_seconds is not None:
        headers["X-Table-Age"] = f"{age_seconds:.1f}"
    return headers
