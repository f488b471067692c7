"""Restoring: the latest snapshot of each key, as far as it can be read.

What cannot be read was written by somebody else, or has been spoilt. It must not hold up the
whole partition: it is told, and the one before it counts, if that is still there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import structlog

from streams import logs
from streams.codecs import Headers
from streams.settings import Settings

log = structlog.get_logger(__name__)

Known = TypeVar("Known")

Read = Callable[[str, bytes, Headers], Known]

_AT_ONCE = 1_000
"""Snapshots read before others get their turn: the group must hear of this worker."""


async def latest(
    settings: Settings, topic_name: str, partition: int, read: Read[Known]
) -> AsyncIterator[tuple[bytes, Known]]:
    """Yield each snapshot that is there: as it was written, and what ``read`` makes of it.

    read: of key, value and headers; ValueError: they are no snapshot. In the order of the last
    change.
    """
    values: dict[bytes, tuple[bytes | None, Headers]] = {}
    async for record in logs.history(settings, topic_name, [partition]):
        # Popped first, so that the order is that of the last change.
        values.pop(record.key, None)
        values[record.key] = record.value, record.headers
    unreadable: set[bytes] = set()
    for number, key in enumerate(list(values)):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        # Let go of, one by one: the whole topic is not kept twice.
        value, headers = values.pop(key)
        if value is None:
            continue
        try:
            known = read(key.decode(), value, headers)
        except ValueError as error:
            unreadable.add(key)
            where = {"topic": topic_name, "partition": partition, "key": repr(key)}
            log.error("unreadable snapshot passed over", **where, error=str(error))
        else:
            yield value, known
    if unreadable:
        async for before in _earlier(settings, topic_name, partition, read, unreadable):
            yield before


async def _earlier(
    settings: Settings,
    topic_name: str,
    partition: int,
    read: Read[Known],
    keys: set[bytes],
) -> AsyncIterator[tuple[bytes, Known]]:
    """Yield of each of these keys the last snapshot that can be read."""
    found: dict[bytes, tuple[bytes, Known]] = {}
    async for record in logs.history(settings, topic_name, [partition]):
        if record.key not in keys:
            continue
        if record.value is None:
            found.pop(record.key, None)
            continue
        try:
            known = read(record.key.decode(), record.value, record.headers)
        except ValueError:
            continue
        found[record.key] = record.value, known
    for each in found.values():
        yield each
