"""A deployment to measure: a Kafka of its own, its topics, and findings on them."""

import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from schemas.playbooks import Playbook
from streams import clients, topics
from streams.actions.actions import Actions
from streams.broker.broker import EmbeddedBroker
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings, load
from streams.worker import Worker

PARTITIONS = 4


@asynccontextmanager
async def broker() -> AsyncIterator[str]:
    """Run a Kafka on a temporary directory and give its address."""
    with tempfile.TemporaryDirectory() as directory:
        embedded = EmbeddedBroker(Path(directory), port=0)
        await embedded.start()
        try:
            yield embedded.address
        finally:
            await embedded.stop()


@asynccontextmanager
async def deployment(address: str, prefix: str) -> AsyncIterator[tuple[Settings, PlaybookRegistry]]:
    """Make topics of their own and give the settings and a registry on them."""
    with tempfile.TemporaryDirectory() as directory:
        settings = load(
            broker=address,
            topic_prefix=prefix,
            data_dir=Path(directory),
            partitions=PARTITIONS,
        )
        await topics.create(settings)
        registry = PlaybookRegistry(settings)
        await registry.start()
        try:
            yield settings, registry
        finally:
            await registry.stop()


@asynccontextmanager
async def working(
    settings: Settings, registry: PlaybookRegistry, *agents: str
) -> AsyncIterator[Worker]:
    """Run a worker in this process."""
    actions = Actions(
        settings.actions_file, settings.secrets_dir, egress_allow=settings.egress_allow
    )
    await actions.start()
    worker = Worker(settings, registry, actions, agents)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()
        await actions.stop()


async def publish(registry: PlaybookRegistry, definitions: Iterable[dict[str, Any]]) -> None:
    """Publish playbooks."""
    for definition in definitions:
        await registry.publish(Playbook.model_validate(definition), by="bench", expected=None)


async def send_findings(settings: Settings, findings: Iterable[dict[str, Any]]) -> None:
    """Put findings on their topic, keyed by asset."""
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.producer(settings, linger_ms=5) as producer:
        for finding in findings:
            key = finding["data"]["asset"]["id"].encode()
            await producer.send(name, orjson.dumps(finding), key=key)
        await producer.flush()
