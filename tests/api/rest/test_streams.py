"""The events as a stream: each once, in order, however often a client comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from api.rest.app import create_app
from api.rest.server import RestServer
from streams import events
from streams.events import EventFeed
from tests.api.rest.client import Client
from tests.api.rest.conftest import System
from tests.api.rest.sse import Sent, Subscriber, subscribed
from tests.examples import action
from tests.streams.table.kafka import publish
from tests.streams.table.log import story

pytestmark = pytest.mark.asyncio(loop_scope="module")


def key_of(system: System) -> str:
    return system.keys["read:playbooks"]


def following(system: System, since: str | None = None, **query: str) -> Any:
    return subscribed(system.client.url, key_of(system), since, **query)


async def publish_stories(system: System, prefix: str, count: int) -> int:
    """Put the events of so many made-up executions on the log; return how many events."""
    told = [story(f"{prefix}-{number}") for number in range(count)]
    await publish(system.parts.settings, (event for each in told for event in each.events))
    return sum(len(each.events) for each in told)


async def until(stream: Subscriber, wanted: str) -> list[Sent]:
    """Return what comes up to the first event of a type."""
    found = [await stream.next()]
    while found[-1].event != wanted:
        found.append(await stream.next())
    return found


def assert_once_and_in_order(sent: Iterable[Sent]) -> None:
    """Check that each execution's events are 1, 2, 3 … each once."""
    numbers: dict[str, list[int]] = {}
    for each in sent:
        numbers.setdefault(each.data["execution_id"], []).append(each.data["sequence"])
    for execution_id, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), execution_id


@asynccontextmanager
async def another_api(system: System) -> AsyncIterator[str]:
    """Run a second API on the same log; give its address."""
    feed = EventFeed(system.parts.settings)
    parts = type(system.parts)(**{**vars(system.parts), "feed": feed})
    server = RestServer(parts.settings, create_app(parts))
    await server.start()
    yield server.url
    await server.stop()
    await feed.stop()


async def test_what_happens_is_sent_as_it_happens(system: System, client: Client) -> None:
    playbook_id = await client.create(action("greet"))
    async with following(system, playbook_id=playbook_id) as stream:
        run = await client.post(f"/api/playbooks/{playbook_id}/run", {})
        sent = await until(stream, "ExecutionCompleted")
    assert [each.event for each in sent] == [
        "ExecutionStarted",
        "StepStarted",
        "StepCompleted",
        "ExecutionCompleted",
    ]
    assert {each.data["execution_id"] for each in sent} == {run.data["execution_id"]}
    await client.ended(run.data["execution_id"])  # the table may be behind the stream
    shown = await client.get(f"/api/playbooks/executions/{run.data['execution_id']}/events")
    assert [each.data for each in sent] == shown.data


async def test_only_the_types_and_the_execution_that_were_asked_for_are_sent(
    system: System, client: Client
) -> None:
    playbook_id = await client.create(action("greet"))
    execution = await client.run_to_end(playbook_id)
    await client.run_to_end(playbook_id)
    asked = "StepCompleted,playbooks.execution.completed.v1"
    async with following(
        system, "0", events=asked, execution_id=execution["execution_id"]
    ) as stream:
        sent = await stream.take(2)
    assert [each.event for each in sent] == ["StepCompleted", "ExecutionCompleted"]
    assert {each.data["execution_id"] for each in sent} == {execution["execution_id"]}


async def test_a_client_that_comes_back_again_and_again_gets_each_event_once(
    system: System, pytestconfig: pytest.Config
) -> None:
    drops = pytestconfig.getoption("--drops")
    count = await publish_stories(system, "pexec-dropped", drops * 10)
    sent: list[Sent] = []
    since = "0"
    while len(sent) < count:
        async with following(system, since) as stream:
            while len(sent) < count:
                each = await stream.next()
                since = each.id
                if each.data["execution_id"].startswith("pexec-dropped-"):
                    sent.append(each)
                    if len(sent) % (count // drops) == 0:
                        break
    assert_once_and_in_order(sent)
    assert len({(each.data["execution_id"], each.data["sequence"]) for each in sent}) == count


async def test_where_one_process_of_the_api_stopped_another_goes_on(system: System) -> None:
    since = str(await system.parts.feed.open())
    count = await publish_stories(system, "pexec-moved", 20)
    sent: list[Sent] = []
    async with another_api(system) as url:
        urls = [system.client.url, url]
        while len(sent) < count:
            urls.reverse()
            async with subscribed(urls[0], key_of(system), since) as stream:
                for _ in range(7):
                    if len(sent) < count:
                        each = await stream.next()
                        since = each.id
                        sent += [each] if "pexec-moved" in each.data["execution_id"] else []
    assert_once_and_in_order(sent)


async def test_a_slow_client_holds_up_nobody_and_takes_no_memory(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "WINDOW_EVENTS", 200)
    async with following(system) as slow, following(system) as quick:
        count = await publish_stories(system, "pexec-slow", 400)
        sent = await quick.take(count)
        assert_once_and_in_order(sent)
        assert system.parts.feed.kept <= 200
        late = await slow.take(count)
    assert_once_and_in_order(late)
    assert len(late) == count


async def test_a_position_of_another_log_begins_with_what_is_kept(system: System) -> None:
    await publish_stories(system, "pexec-before", 1)
    async with following(system, "999999999.999999999") as stream:
        assert (await stream.next()).data["sequence"] == 1


async def test_a_fault_that_nobody_expects_ends_no_stream(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_RETRY_SECONDS", 0.01)
    feed = EventFeed(system.parts.settings)
    take, faults = feed._take, iter((RuntimeError("of reading"), KeyError("of reading")))

    async def take_or_fail(consumer: AIOKafkaConsumer) -> None:
        for fault in faults:
            raise fault
        await take(consumer)

    monkeypatch.setattr(feed, "_take", take_or_fail)
    async with aclosing(feed.follow(await feed.open())) as followed:
        await publish_stories(system, "pexec-fault", 1)
        event, _ = await asyncio.wait_for(anext(followed), 30)
    assert event.said["sequence"] == 1
    await feed.stop()


async def test_streams_end_when_the_api_stops(system: System) -> None:
    async with another_api(system) as url:
        stream = subscribed(url, key_of(system))
        opened = await stream.__aenter__()
    with pytest.raises(EOFError):
        await opened.next()
    await stream.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("events=StepDone", {}, "invalid_parameter"),
        ("event=StepCompleted", {}, "invalid_parameter"),
        ("", {"Last-Event-ID": "latest"}, "malformed_header"),
    ],
)
async def test_a_stream_that_is_asked_for_wrongly_is_refused(
    client: Client, query: str, headers: dict[str, str], code: str
) -> None:
    reply = await client.ask("GET", f"/api/events/stream?{query}", headers=headers)
    assert reply.refusal == (400, code)


async def test_without_the_scope_nothing_is_sent(system: System) -> None:
    other = system.client.with_key(system.keys["write:findings"])
    assert (await other.get("/api/events/stream")).status == 403
