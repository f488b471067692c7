"""Schedules on real Kafka: each time of a schedule once, whatever is killed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from engine.playbooks import revision
from schemas.playbooks import Playbook, PlaybookPublished
from streams import codecs, topics
from streams.settings import Settings
from tests.e2e.findings import logging_playbook
from tests.e2e.log import assert_gapless, events_until_ended, send, values
from tests.e2e.processes import workers

MINUTES_AGO = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
DAILY = f"{MINUTES_AGO.minute} {MINUTES_AGO.hour} * * *"
"""It was due five minutes ago, and is due again tomorrow: nothing has to be waited for."""


async def published(settings: Settings, count: int, **says: Any) -> None:
    """Put playbooks on their topic that have been there for two and a half days."""
    records: list[tuple[bytes | None, bytes]] = []
    for number in range(count):
        trigger = {"event": "schedule", "cron": DAILY} | says
        document = logging_playbook(1, id=f"pb-daily-{number}", trigger=trigger)
        document["steps"][0]["parameters"] = {"due": "{{ event.data.due_at }}"}
        definition = Playbook.model_validate(document)
        at = MINUTES_AGO - timedelta(days=2.5)
        record = PlaybookPublished(
            playbook_id=definition.id,
            revision=revision(definition),
            definition=definition,
            created_at=at,
            updated_at=at,
        )
        records.append((f"{definition.id}@{record.revision}".encode(), codecs.encode(record)))
    await send(settings, topics.PLAYBOOKS, records)


async def rejected(settings: Settings) -> list[dict[str, Any]]:
    return await values(settings, topics.REJECTIONS)


@pytest.mark.usefixtures("worker")
async def test_a_schedule_that_nobody_was_there_for_is_fired_once_and_the_rest_is_counted(
    settings: Settings,
) -> None:
    await published(settings, 1)
    [history] = (await events_until_ended(settings, 1)).values()
    due_at = MINUTES_AGO.isoformat().replace("+00:00", "Z")
    completed = [orjson.loads(codecs.encode(e)) for e in history if e.type == "StepCompleted"]
    assert completed[0]["output"] == {"due": due_at}
    [rejection] = await rejected(settings)
    assert (rejection["code"], rejection["count"]) == ("missed", 2)
    assert rejection["execution_id"] == history[0].execution_id


@pytest.mark.usefixtures("worker")
async def test_what_a_schedule_starts_is_counted_like_all_else(settings: Settings) -> None:
    dedupe = {"key": "{{ event.event }}", "window": "1h"}
    await published(settings, 3, max_running=1, dedupe=dedupe)
    histories = await events_until_ended(settings, 3)
    assert {history[0].admitted for history in histories.values()} == {True}  # type: ignore[union-attr]


async def test_each_firing_happens_once_though_workers_are_killed(
    settings: Settings, kills: int
) -> None:
    playbooks = 40
    with workers(settings, 2) as running:
        running.wait_until_ready()
        for kill in range(kills):
            await published(settings, playbooks * (kill + 1) // kills)
            running.kill(kill % 2)
        histories = await events_until_ended(settings, playbooks, timeout_seconds=120)
        running.stop()
    assert_gapless(histories)
    of = Counter(history[0].playbook_id for history in histories.values())
    assert of == {f"pb-daily-{number}": 1 for number in range(playbooks)}
    told = Counter(each["code"] for each in await rejected(settings))
    assert told == {"missed": playbooks}
