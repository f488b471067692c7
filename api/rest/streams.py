"""The events as a stream that does not end: Server-Sent Events.

HTML standard, section 9.2. ``id`` is the position in the log after the event: a client that
sends it back as ``Last-Event-ID``, to any process of the API, goes on with the next one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import get_args

import structlog
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from aiokafka.errors import KafkaError
from pydantic import Field, field_validator

from api.rest.calls import Call
from api.rest.errors import malformed
from api.rest.queries import Query
from api.rest.requests import answer_headers, known
from api.rest.route import Route
from schemas.events import Event
from streams import codecs
from streams.commands import BrokerAway
from streams.positions import LoggedEvent, Position
from streams.table.store import TableError

log = structlog.get_logger(__name__)

PING_SECONDS = 15
STALLED_SECONDS = 30.0
"""A client that takes nothing for so long is let go; it comes back with its position."""

Events = AsyncGenerator[tuple[LoggedEvent, Position], None]
Follow = Callable[[Position], Events]

STOPPING = web.AppKey("stopping", asyncio.Event)
"""Set when the process stops: streams end, so that clients go to another one."""

_TYPES = {kind.__name__ for kind in get_args(get_args(Event)[0])}
_NAMES = {name: name for name in _TYPES} | {codecs.event_type(name): name for name in _TYPES}


class StreamQuery(Query):
    """Which events."""

    events: str | None = Field(
        default=None,
        max_length=2_048,
        description="types, separated by commas: StepCompleted or playbooks.step.completed.v1",
    )
    execution_id: str | None = Field(default=None, max_length=128)
    playbook_id: str | None = Field(default=None, max_length=128)

    @field_validator("events")
    @classmethod
    def _known(cls, said: str | None) -> str | None:
        if unknown := {part.strip() for part in (said or "").split(",") if said} - _NAMES.keys():
            raise ValueError(
                f"there is no event {', '.join(sorted(unknown))}: use {', '.join(sorted(_TYPES))}"
            )
        return said

    def wants(self, event: LoggedEvent) -> bool:
        """Tell whether an event is one that was asked for."""
        said = event.said
        if self.execution_id is not None and said.get("execution_id") != self.execution_id:
            return False
        if self.playbook_id is not None and said.get("playbook_id") != self.playbook_id:
            return False
        if self.events is None:
            return said.get("type") in _TYPES
        return said.get("type") in {_NAMES[part.strip()] for part in self.events.split(",")}


async def stream_events(call: Call[StreamQuery, None]) -> web.StreamResponse:
    """Send every event as it comes; after ``Last-Event-ID`` first what has come meanwhile.

    ``Last-Event-ID: 0`` begins with the oldest event that is kept. In a stream each event comes
    once, those of an execution in order.
    """
    return await send_events(call, call.parts.feed.follow)


async def send_events(call: Call[StreamQuery, None], follow: Follow) -> web.StreamResponse:
    """Send the events that ``follow`` gives, after the position that the client said, or now."""
    said = _since(call.request)
    # Before the first byte: that the broker is away can still be said with a status, and what
    # comes once the client knows that it is connected is not missed.
    now = await call.parts.feed.open()
    async with sse_response(
        call.request,
        headers=answer_headers(known(call.request)),
        ping_interval=PING_SECONDS,
        send_timeout=STALLED_SECONDS,
    ) as stream:
        since = now if said is None else said
        sending = asyncio.create_task(_send(call, stream, follow(since)))
        stopping = asyncio.create_task(call.request.app[STOPPING].wait())
        gone = asyncio.create_task(stream.wait())
        try:
            await asyncio.wait({sending, stopping, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, stopping, gone):
                task.cancel()
            ended, *_ = await asyncio.gather(sending, stopping, gone, return_exceptions=True)
            if isinstance(ended, KafkaError | BrokerAway | TableError):
                # The client comes back, and is told by a status when that is of no use.
                log.warning("a stream of events ended", reason=str(ended))
    return stream


async def _send(call: Call[StreamQuery, None], stream: EventSourceResponse, events: Events) -> None:
    async with aclosing(events) as following:
        async for event, position in following:
            if call.query.wants(event):
                await stream.send(event.value.decode(), id=str(position), event=event.said["type"])


def _since(request: web.Request) -> Position | None:
    said = request.headers.get("Last-Event-ID")
    if said is None:
        return None
    try:
        return Position.parse(said.strip())
    except ValueError as error:
        raise malformed(f"Last-Event-ID {error}", "malformed_header") from None


async def stop_streams(app: web.Application) -> None:
    """Let every stream end, when the server begins to stop."""
    app[STOPPING].set()


ROUTES = (
    Route(
        "GET",
        "/api/events/stream",
        stream_events,
        "Follow the events",
        scope="read:playbooks",
        query=StreamQuery,
        produces="text/event-stream",
        request_headers=("Last-Event-ID",),
    ),
)
