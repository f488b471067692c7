"""Scanners that write to topics of their own, in formats of their own, on real Kafka."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiokafka.admin import NewTopic

from schemas.playbooks import Playbook
from streams import clients, topic_requests, topics
from streams.actions.actions import Actions
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.worker import Worker
from tests.e2e.findings import logging_playbook
from tests.e2e.log import events_until_ended, values_until
from tests.engine.formats.reports import REPORTS

FORMATS = tuple(REPORTS)


def topic_of(settings: Settings, format: str) -> str:
    return f"{settings.topic_prefix}scans.{format}"


@pytest.fixture
async def scanned(
    settings: Settings, registry: PlaybookRegistry, actions: Actions
) -> AsyncIterator[Settings]:
    """A worker that also reads a topic of each scanner."""
    names = [topic_of(settings, format) for format in FORMATS]
    async with topic_requests.admin(settings) as admin:
        await topic_requests.create(admin, [NewTopic(name, 1, 1) for name in names])
    pairs = tuple(zip(names, FORMATS, strict=True))
    worker = Worker(settings.model_copy(update={"finding_topics": pairs}), registry, actions)
    await worker.start()
    yield settings
    await worker.stop()
    async with topic_requests.admin(settings) as admin:
        await admin.delete_topics(names)


async def report(settings: Settings, format: str, value: bytes | None) -> None:
    """Put a record on the topic of a scanner."""
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(topic_of(settings, format), value, key=b"a")


async def publish(registry: PlaybookRegistry) -> None:
    says: dict[str, Any] = {"trigger": {"event": "finding.new", "conditions": {}}}
    definition = Playbook.model_validate(logging_playbook(1) | says)
    await registry.publish(definition, by="test", expected=None)


async def test_each_scanners_own_reports_start_executions_once_however_often_they_come(
    scanned: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    for format, several in REPORTS.items():
        for document in [several[0]] * 2:
            await report(scanned, format, orjson.dumps(document))
    # Of its first example; each has at least one that is new.
    new = {"nuclei": 1, "trivy": 3, "sarif": 2, "semgrep": 1, "asff": 1, "ocsf": 1, "wazuh": 1}
    new |= {"defectdojo": 1, "gitleaks": 1}
    assert new.keys() == REPORTS.keys()
    refused = await values_until(
        scanned, topics.REJECTIONS, lambda found: len(found) >= sum(new.values())
    )
    assert {rejection["code"] for rejection in refused} == {"already_started"}
    histories = await events_until_ended(scanned, sum(new.values()))
    sources = [history[0].event["source"] for history in histories.values()]  # type: ignore[union-attr,index]
    assert {source: sources.count(source) for source in sources} == new


async def test_a_record_that_is_no_report_is_parked_and_the_next_one_is_read(
    scanned: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    lines = b"\n".join(orjson.dumps(REPORTS["nuclei"][0] | {"matched-at": n}) for n in "ab")
    for value in (b"{", None, b'{"some": "thing"}', lines):
        await report(scanned, "nuclei", value)
    letters = await values_until(scanned, topics.DEAD_LETTERS, lambda found: len(found) >= 3)
    assert {letter["topic"] for letter in letters} == {topic_of(scanned, "nuclei")}
    assert "does not look like nuclei" in letters[2]["reason"]
    assert len(await events_until_ended(scanned, 2)) == 2
