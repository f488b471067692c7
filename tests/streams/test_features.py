"""What a real cluster says of its features."""

from collections.abc import AsyncIterator

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import ApiVersionRequest

from streams import clients, features, transaction_requests
from streams.settings import Settings
from streams.transaction_requests import ADDED, JOINING

NODE = 1


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AIOKafkaClient]:
    """A client that is connected to the one broker."""
    client = clients.client(settings)
    await client.bootstrap()
    assert await client.ready(NODE)
    yield client
    await client.close()


async def test_a_feature_has_the_level_that_the_brokers_agreed_on(client: AIOKafkaClient) -> None:
    assert await features.level(client, NODE, "transaction.version") == 2
    assert await features.level(client, NODE, "no.such.feature") == 0
    assert await transaction_requests.known(client, NODE) is JOINING


async def test_a_broker_older_than_features_has_none(client: AIOKafkaClient) -> None:
    for connection in client._conns.values():
        connection._versions[ApiVersionRequest.API_KEY] = (0, 2)
    assert await features.level(client, NODE, "transaction.version") == 0
    assert await transaction_requests.known(client, NODE) is ADDED
