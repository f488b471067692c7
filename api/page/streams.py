"""The events as the page follows them: each once the table shows what it changed.

For an event the page is loaded anew, from the table; the table is behind the log. Were it told
of an event at once, it could show the state before it, and never be told again.
"""

from contextlib import aclosing
from functools import partial

from aiohttp import web
from aiokafka import TopicPartition

from api.page.visits import Page, Visit
from api.rest import queries
from api.rest.streams import Events, StreamQuery, send_events
from streams import topics
from streams.events import EventFeed
from streams.positions import LoggedEvent, Position
from streams.table.table import Table

_LOOK_SECONDS = 60.0


async def follow_events(visit: Visit) -> web.StreamResponse:
    """Send the events of ``/api/events/stream``, as they come to be seen."""
    parts = visit.parts
    topic_name = topics.EXECUTION_EVENTS.named(parts.settings.topic_prefix)
    return await send_events(
        visit.call(query=queries.read(StreamQuery, visit.request.query)),
        lambda since: _shown(parts.feed, parts.table, topic_name, since),
    )


async def _shown(feed: EventFeed, table: Table, topic_name: str, since: Position) -> Events:
    """Yield what comes after ``since``, or after what the table has, if that is less."""

    def offset_of(partition: int) -> int | None:
        return table.position.offsets.get(TopicPartition(topic_name, partition))

    def is_shown(event: LoggedEvent) -> bool | None:
        return (offset_of(event.partition) or 0) > event.offset or None

    offsets = [offset_of(partition) for partition in range(len(since))]
    begin = Position(
        at if of is None else min(at, of) for at, of in zip(since, offsets, strict=True)
    )
    async with aclosing(feed.follow(begin)) as following:
        async for event, position in following:
            shown = partial(is_shown, event)
            while not shown() and not await table.wait(shown, _LOOK_SECONDS):
                pass  # it is being rebuilt, or nobody projects: there is nothing new to see
            yield event, position


PAGES = (Page("GET", "/events", follow_events),)
