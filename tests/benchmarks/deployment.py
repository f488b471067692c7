"""A deployment to measure: a Kafka of its own, its topics, and findings on them."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from engine import playbooks, revisions
from schemas.playbooks import Playbook
from streams import clients, codecs, topics
from streams.actions.actions import Actions
from streams.batches import Emission
from streams.broker.broker import EmbeddedBroker
from streams.playbooks import PlaybookRegistry
from streams.producers import TransactionalProducer
from streams.settings import Settings, load
from streams.worker import Worker

PARTITIONS = 4


@contextmanager
def directory(kept: Path | None) -> Iterator[Path]:
    """Give a directory that stays, or without one another that does not."""
    if kept is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
    else:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept


@asynccontextmanager
async def broker(kept: Path | None = None) -> AsyncIterator[str]:
    """Run a Kafka on a directory, a temporary one unless it is kept, and give its address."""
    with directory(kept) as where:
        embedded = EmbeddedBroker(where, port=0, lasting=True)
        await embedded.start()
        try:
            yield embedded.address
        finally:
            await embedded.stop()


@asynccontextmanager
async def deployment(
    address: str, prefix: str, partitions: int = PARTITIONS, kept: Path | None = None
) -> AsyncIterator[tuple[Settings, PlaybookRegistry]]:
    """Make topics of their own and give the settings and a registry on them.

    kept: the data directory, if it is to be there afterwards.
    """
    with directory(kept) as where:
        settings = load(
            broker=address,
            topic_prefix=prefix,
            data_dir=where,
            partitions=partitions,
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


async def publish(
    settings: Settings, registry: PlaybookRegistry, definitions: Iterable[dict[str, Any]]
) -> None:
    """Put new playbooks on their topic all at once, as ``PlaybookRegistry`` does one by one."""
    name = topics.PLAYBOOKS.named(settings.topic_prefix)
    at = datetime.now(UTC)
    async with clients.producer(settings) as producer:
        for definition in definitions:
            playbook = Playbook.model_validate(definition)
            revision = playbooks.revision(playbook)
            record = revisions.published(
                playbook, revision, at=at, by="bench", current=None, known=None, authored=None
            )
            key = f"{playbook.id}@{revision}".encode()
            await producer.send(name, codecs.encode(record), key=key, partition=0)
        await producer.flush()
    await registry.catch_up()


async def send_findings(settings: Settings, findings: Iterable[dict[str, Any]]) -> None:
    """Put findings on their topic, keyed by asset."""
    emissions = (
        Emission(
            topics.FINDINGS,
            finding["data"]["asset"]["id"].encode(),
            orjson.dumps(finding),
            [],
            None,
        )
        for finding in findings
    )
    prefix, client = settings.topic_prefix, clients.client(settings)
    async with TransactionalProducer(
        client, f"{prefix}findings", 60.0, f"{prefix}none"
    ) as producer:
        while together := list(islice(emissions, 10_000)):
            await producer.commit(together, prefix, {})
