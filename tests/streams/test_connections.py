"""Connections that are lost: whoever needs the broker goes on once it is there again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from aiokafka import errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.group import HeartbeatResponse_v1
from aiokafka.protocol.metadata import MetadataRequest

from streams import clients, topics
from streams.settings import Settings
from tests.e2e import log


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[tuple[AIOKafkaClient, int]]:
    """Give a client, and the broker that its only connection leads to."""
    client = clients.client(settings)
    await client.bootstrap()
    try:
        node_id = client.get_random_node()
        assert await client.ready(node_id)
        yield client, node_id
    finally:
        await client.close()


def break_off(client: AIOKafkaClient) -> None:
    """Break its connection when half an answer has come: it is lost, its reader has work."""
    (connection,) = client._conns.values()
    connection._reader.feed_data(bytes(2))
    connection._writer.transport.abort()


def test_what_is_asked_on_a_connection_just_closed_is_told_as_lost(settings: Settings) -> None:
    async def ask() -> None:
        async with connected(settings) as (client, node_id):
            break_off(client)
            await asyncio.sleep(0)
            with pytest.raises(KafkaConnectionError, match="handler is closed"):
                await client.send(node_id, MetadataRequest([]))

    uvloop.run(ask())


def test_where_partitions_are_is_asked_again_after_a_connection_was_just_closed(
    settings: Settings,
) -> None:
    name = topics.FINDINGS.named(settings.topic_prefix)

    async def ask() -> None:
        async with asyncio.timeout(60), connected(settings) as (client, _):
            updated = client.force_metadata_update()
            break_off(client)
            assert not await updated
            assert await client._wait_on_metadata(name)

    uvloop.run(ask())


async def test_a_broker_that_is_lost_while_a_client_starts_is_told_as_away(
    settings: Settings,
) -> None:
    async def closed(self: AIOKafkaClient) -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AIOKafkaClient, "bootstrap", closed)
        with pytest.raises(KafkaConnectionError, match="handler is closed"):
            await clients.client(settings).bootstrap()


async def test_a_broker_that_is_lost_while_it_is_connected_to_is_tried_again(
    settings: Settings,
) -> None:
    async def closed(*_: object, **__: object) -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    async with asyncio.timeout(60), connected(settings) as (client, node_id):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aiokafka.client.create_conn", closed)
            assert not await client.ready(node_id, group=ConnectionGroup.COORDINATION)
        assert await client.ready(node_id, group=ConnectionGroup.COORDINATION)


@pytest.mark.parametrize("error", [errors.UnknownError, errors.GroupAuthorizationFailedError])
async def test_a_member_of_a_group_goes_on_though_its_broker_refuses_a_heartbeat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: type[errors.BrokerResponseError]
) -> None:
    send, beaten = AIOKafkaClient.send, asyncio.Event()

    async def failing(client: AIOKafkaClient, node_id: int, request: Any, **of: Any) -> Any:
        answer = await send(client, node_id, request, **of)
        if isinstance(answer, HeartbeatResponse_v1) and not beaten.is_set():
            beaten.set()
            return HeartbeatResponse_v1(0, error.errno)
        return answer

    monkeypatch.setattr(AIOKafkaClient, "send", failing)
    name = topics.FINDINGS.named(settings.topic_prefix)
    group = {"group_id": f"{settings.topic_prefix}group", "heartbeat_interval_ms": 50}
    async with clients.consumer(settings, name, **group) as consumer:
        async with asyncio.timeout(60):
            await beaten.wait()
        await log.send(settings, topics.FINDINGS, [(b"key", b"{}")])
        assert (await anext(consumer)).value == b"{}"
