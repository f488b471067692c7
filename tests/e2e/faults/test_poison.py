"""Any bytes on any topic: parked or passed over; nothing crashes, and nobody waits behind them."""

from pathlib import Path
from random import Random

import pytest

from schemas.playbooks import Playbook
from streams import clients, topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import verify
from tests.api.cli.shell import Shell, running
from tests.e2e.faults.followed import followed
from tests.e2e.faults.poison import poison
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import send_findings
from tests.streams.table.kafka import until

EACH = 20

PLAYBOOKS = [
    logging_playbook(2),
    logging_playbook(1, id="pb-counting", name="Counting")
    | {
        "trigger": {
            "event": "finding.new",
            "conditions": {"severity": "critical"},
            "max_running": 5,
        }
    },
]


async def poisoned(settings: Settings, count: int, seed: int) -> None:
    """Put poison on every partition of every topic."""
    async with clients.producer(settings) as producer:
        for number, topic in enumerate(topics.TOPICS):
            random = Random(seed * 1_000 + number)
            for partition in range(topic.partitions or settings.partitions):
                batch = producer.create_batch()
                for key, value, headers in poison(random, count):
                    # Where the latest of each key is kept Kafka takes none without.
                    named = key or (b"a key" if topic.retention_days is None else key)
                    batch.append(timestamp=None, key=named, value=value, headers=headers)
                name = topic.named(settings.topic_prefix)
                await (await producer.send_batch(batch, name, partition=partition))


@pytest.mark.faults
async def test_whatever_stands_on_the_topics_findings_are_handled_before_and_after_a_restart(
    settings: Settings, registry: PlaybookRegistry, tmp_path: Path, poison_records: int, seed: int
) -> None:
    for document in PLAYBOOKS:
        await registry.publish(Playbook.model_validate(document), by="test", expected=None)
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": str(settings.broker),
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
        }
    )
    log = tmp_path / "up.log"
    sent = list(findings(2 * EACH))
    async with followed(settings, *(document["id"] for document in PLAYBOOKS)) as told:
        with running(shell, "up", log=log) as up:
            up.ready()
            await poisoned(settings, poison_records, seed)
            await send_findings(settings, sent[:EACH])
            await told.until_ended(2 * EACH)
            assert up.process.poll() is None
        with running(shell, "up", log=log) as up:
            up.ready()
            await send_findings(settings, sent[EACH:])
            await told.until_ended(4 * EACH)
            up.stop()
    assert "released after a fault" not in log.read_text()
    table = Table(settings.data_dir / FILE_NAME)
    projection = Projection(settings, table)
    await projection.start()
    await until(table, lambda: projection.caught_up)
    await projection.stop()
    verification = await verify(settings, table)
    table.close()
    assert {d.execution_id for d in verification.differences}.isdisjoint(told.histories)
