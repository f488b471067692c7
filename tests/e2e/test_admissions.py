"""What counts across findings, on real Kafka: dedupe, throttle and places."""

from collections import Counter
from typing import Any

import pytest

from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.worker import Worker
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import (
    ENDS,
    assert_gapless,
    events_until_ended,
    most_at_once,
    send_findings,
    values,
    values_until,
)
from tests.examples import step

pytestmark = pytest.mark.usefixtures("worker")


async def publish(registry: PlaybookRegistry, *, expected: str | None = None, **says: Any) -> str:
    """Publish the logging playbook with a trigger that says this; return the revision."""
    trigger = {"event": "finding.new", "conditions": {"severity": "critical"}} | says
    definition = Playbook.model_validate(
        logging_playbook(1, trigger=trigger, version=f"1.0.{len(registry.history('pb-logging'))}")
    )
    return (await registry.publish(definition, by="test", expected=expected)).revision


async def dropped(settings: Settings, count: int) -> list[dict[str, Any]]:
    return await values_until(settings, topics.REJECTIONS, lambda found: len(found) >= count)


async def test_of_findings_with_the_same_key_one_starts_an_execution(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry, dedupe={"key": "{{ asset.id }}", "window": "1h"})
    # A hundred findings, of fifty assets.
    await send_findings(settings, findings(100))
    histories = await events_until_ended(settings, 50)
    rejections = await dropped(settings, 50)
    assert len(histories) == 50
    assert Counter(each["code"] for each in rejections) == {"deduplicated": 50}
    assert {each["playbook_id"] for each in rejections} == {"pb-logging"}
    events = {each["event_id"] for each in rejections}
    started = {history[0].event["id"] for history in histories.values()}  # type: ignore[union-attr, index]
    assert events | started == {f"evt-{number}" for number in range(100)}


async def test_what_counts_is_remembered_by_the_next_worker(
    settings: Settings, registry: PlaybookRegistry, worker: Worker
) -> None:
    await publish(registry, dedupe={"key": "{{ asset.id }}", "window": "1h"}, max_running=10)
    await send_findings(settings, findings(50))
    await events_until_ended(settings, 50)
    await worker.stop()
    following = Worker(settings, registry, worker._actions)
    await following.start()
    try:
        await send_findings(settings, list(findings(100))[50:])
        rejections = await dropped(settings, 50)
    finally:
        await following.stop()
    assert Counter(each["code"] for each in rejections) == {"deduplicated": 50}


async def test_of_a_storm_so_many_start_as_the_limit_says(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry, throttle={"limit": 10, "per": "1h"})
    await send_findings(settings, findings(100))
    histories = await events_until_ended(settings, 10)
    rejections = await dropped(settings, 90)
    assert len(histories) == 10
    assert Counter(each["code"] for each in rejections) == {"throttled": 90}


async def test_what_no_longer_counts_leaves_nothing_behind(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry, dedupe={"key": "{{ finding.id }}", "window": "1s"}, max_running=20)
    await send_findings(settings, findings(50))
    await events_until_ended(settings, 50)

    def gone(found: list[dict[str, Any] | None]) -> bool:
        return sum(value is None for value in found) == 50

    await values_until(settings, topics.ADMISSION_SNAPSHOTS, gone)


async def test_no_more_run_at_once_than_there_are_places_and_each_ends(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry, max_running=3)
    await send_findings(settings, findings(40))
    histories = await events_until_ended(settings, 40)
    assert_gapless(histories)
    assert len(histories) == 40
    assert most_at_once(histories.values()) == 3
    queued = [history for history in histories.values() if history[0].type == "ExecutionQueued"]
    assert {history[1].type for history in queued} == {"ExecutionStarted"}
    assert queued


async def waiting(settings: Settings, registry: PlaybookRegistry) -> None:
    """Let one execution hold the only place with an approval, and two wait for it."""
    document = logging_playbook(1, trigger={"event": "finding.new", "max_running": 1})
    document["steps"] = [step("ask", "approval"), *document["steps"]]
    definition = Playbook.model_validate(document)
    await registry.publish(definition, by="test", expected=None)
    await send_findings(settings, findings(3))

    def queued(found: list[dict[str, Any]]) -> bool:
        return sum(value["type"] == "ExecutionQueued" for value in found) == 2

    await values_until(settings, topics.EXECUTION_EVENTS, queued)


async def test_a_limit_that_is_lifted_lets_those_that_wait_start(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await waiting(settings, registry)
    current = registry.current("pb-logging")
    assert current is not None
    changed = current.definition.model_dump(exclude_defaults=True) | {
        "version": "2.0.0",
        "trigger": {"event": "finding.new"},
    }
    await registry.publish(Playbook.model_validate(changed), by="test", expected=current.revision)

    def started(found: list[dict[str, Any]]) -> bool:
        return sum(value["type"] == "ExecutionStarted" for value in found) == 3

    found = await values_until(settings, topics.EXECUTION_EVENTS, started)
    # Each with the version under which it was triggered.
    assert {value["playbook_version"] for value in found} == {"1.0.0"}


async def test_with_a_playbook_that_is_deleted_those_that_wait_are_cancelled(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await waiting(settings, registry)
    current = registry.current("pb-logging")
    assert current is not None
    await registry.delete("pb-logging", by="test", expected=current.revision)
    histories = await events_until_ended(settings, 2)
    ended = [history[-1] for history in histories.values() if history[-1].type in ENDS]
    assert {event.type for event in ended} == {"ExecutionCancelled"}
    assert await values(settings, topics.REJECTIONS) == []
