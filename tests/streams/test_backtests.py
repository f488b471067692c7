"""Backtests on real Kafka: what was committed between two times, and no further."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import orjson
import pytest

from schemas.playbooks import Trigger
from streams import backtests, clients, topics
from streams.backtests import Read, backtest
from streams.settings import Settings
from tests.e2e.findings import findings
from tests.e2e.log import send, send_findings

CRITICAL = Trigger(event="finding.new", conditions={"severity": "critical"})
DAY = timedelta(days=1)


async def tried(settings: Settings, since: datetime | None = None, **says: Any) -> Read:
    now = datetime.now(UTC)
    span = {"since": now - DAY if since is None else since, "until": now + DAY} | says
    return await backtest(settings, CRITICAL, examples_max=3, **span)


async def arrivals(settings: Settings) -> list[datetime]:
    """When each finding arrived, as the broker says."""
    name = topics.FINDINGS.named(settings.topic_prefix)
    found = []
    async with clients.consumer(settings, group_id=f"{settings.topic_prefix}look") as consumer:
        consumer.subscribe([name])
        while len(found) < 4:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [datetime.fromtimestamp(r.timestamp / 1000, UTC) for r in records]
    return sorted(found)


def named(names: Iterable[str]) -> list[dict[str, Any]]:
    return [f | {"id": name} for f, name in zip(findings(100), names, strict=False)]


async def test_what_would_have_started_is_counted(settings: Settings) -> None:
    await send_findings(settings, findings(7))
    await send_findings(settings, findings(5, severity="low"))
    await send(settings, topics.FINDINGS, [(b"key", b"\x00poison"), (b"key", b'{"event": 1}')])
    read = await tried(settings)
    outcome = read.outcome
    assert (outcome.scanned, outcome.matched, outcome.started) == (12, 7, 7)
    assert (outcome.malformed, read.complete) == (2, True)
    assert len(outcome.examples) == 3


async def test_only_what_arrived_between_the_times_is_looked_at(settings: Settings) -> None:
    # One by one, so that the broker gives each a time of its own.
    for name in ("a", "b", "c", "d"):
        before = datetime.now(UTC)
        while datetime.now(UTC) - before < timedelta(milliseconds=2):
            pass
        await send_findings(settings, named([name]))
    _, second, third, fourth = await arrivals(settings)
    outcome = (await tried(settings, second, until=fourth)).outcome
    assert {each.event_id for each in outcome.examples} == {"b", "c"}
    assert outcome.scanned == 2
    assert (await tried(settings, third, until=third)).outcome.scanned == 0
    assert (await tried(settings, fourth + DAY)).outcome.scanned == 0


async def test_an_empty_log_is_read_at_once(settings: Settings) -> None:
    read = await tried(settings, datetime.min.replace(tzinfo=UTC))
    assert (read.outcome.scanned, read.complete) == (0, True)


async def test_what_was_never_committed_is_not_looked_at(settings: Settings) -> None:
    await send_findings(settings, named(["committed"]))
    producer = clients.producer(settings, transactional_id=f"{settings.topic_prefix}aborts")
    async with producer:
        await producer.begin_transaction()
        for finding in named(["aborted"]):
            name = topics.FINDINGS.named(settings.topic_prefix)
            await producer.send_and_wait(name, orjson.dumps(finding), key=b"a-0")
        await producer.abort_transaction()
    read = await tried(settings)
    assert [each.event_id for each in read.outcome.examples] == ["committed"]
    assert read.complete is True


async def test_no_consumer_group_is_left_behind(settings: Settings) -> None:
    await send_findings(settings, findings(1))
    await tried(settings)
    admin = clients.admin(settings)
    try:
        await admin.start()
        groups = [name for name, _ in await admin.list_consumer_groups()]
    finally:
        await admin.close()
    assert [name for name in groups if name.startswith(settings.topic_prefix)] == []


async def test_what_a_scanner_wrote_to_a_topic_of_its_own_counts(settings: Settings) -> None:
    # Bare findings are no report of that format: each is one record that holds none.
    name = topics.FINDINGS.named(settings.topic_prefix)
    await send_findings(settings, findings(2))
    read = await tried(settings.model_copy(update={"finding_topics": ((name, "sarif"),)}))
    assert (read.outcome.scanned, read.outcome.malformed) == (0, 2)


async def test_a_log_that_is_too_long_is_not_read_to_its_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send_findings(settings, findings(10))
    monkeypatch.setattr(backtests, "SECONDS_MAX", -1.0)
    read = await tried(settings)
    assert (read.outcome.scanned, read.complete) == (0, False)


async def test_a_broker_that_answers_is_there_though_the_clock_is_set_again_and_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send_findings(settings, findings(7))
    real, hours = time.time, count()
    monkeypatch.setattr(time, "time", lambda: real() + 3_600 * next(hours))
    monkeypatch.setattr(backtests, "_RECORDS_MAX", 1)
    assert (await tried(settings)).complete
