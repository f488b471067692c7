"""From a finding on Kafka to a completed execution, on real Kafka."""

import orjson
import pytest

from engine.evolution import fold
from schemas.executions import Status
from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import (
    assert_gapless,
    events_until_ended,
    send,
    send_findings,
    values,
    values_until,
)
from tests.examples import action

pytestmark = pytest.mark.usefixtures("worker")


async def publish(registry: PlaybookRegistry, **says: object) -> None:
    definition = Playbook.model_validate(logging_playbook(2) | says)
    await registry.publish(definition, by="test", expected=None)


async def test_a_matching_finding_starts_an_execution_that_completes(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    await send_findings(settings, findings(1))
    histories = await events_until_ended(settings, 1)
    [history] = histories.values()
    assert [event.type for event in history] == [
        "ExecutionStarted",
        "StepStarted",
        "StepCompleted",
        "StepStarted",
        "StepCompleted",
        "ExecutionCompleted",
    ]
    execution = fold(None, history)
    assert execution is not None
    assert execution.status is Status.COMPLETED
    assert execution.steps["step-0"].output["title"] == "SQL Injection in login form"


async def test_a_finding_sent_as_soon_as_its_playbook_is_published_by_another_process_starts_it(
    settings: Settings,
) -> None:
    elsewhere = PlaybookRegistry(settings)
    await elsewhere.start()
    try:
        for number in range(4):
            await publish(elsewhere, id=f"pb-{number}")
            await send_findings(settings, [f | {"id": f"evt-{number}"} for f in findings(1)])
    finally:
        await elsewhere.stop()
    histories = await events_until_ended(settings, 1 + 2 + 3 + 4)
    assert_gapless(histories)


async def test_a_finding_delivered_three_times_is_one_execution(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    for _ in range(3):
        await send_findings(settings, findings(10))
    refused = await values_until(settings, topics.REJECTIONS, lambda found: len(found) >= 20)
    assert {rejection["code"] for rejection in refused} == {"already_started"}
    histories = await events_until_ended(settings, 10)
    assert len(histories) == 10
    assert_gapless(histories)


async def test_a_finding_that_matches_nothing_leaves_no_trace(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    await send_findings(settings, findings(5, severity="low"))
    await send_findings(settings, [f | {"id": "evt-last"} for f in findings(1)])
    assert len(await events_until_ended(settings, 1)) == 1
    assert await values(settings, topics.DEAD_LETTERS) == []


async def test_a_disabled_playbook_is_not_triggered(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    await publish(registry, id="pb-off", enabled=False)
    await send_findings(settings, findings(1))
    [history] = (await events_until_ended(settings, 1)).values()
    assert history[0].playbook_id == "pb-logging"


async def test_a_step_that_takes_too_long_is_timed_out(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    # No agent answers for it: nobody listens on the discard port of the test network.
    late = action(
        "late",
        action_ref="act-http-request",
        parameters={"url": "http://192.0.2.1:9/", "timeout_seconds": 60},
        timeout_seconds=0.5,
    )
    await publish(registry, steps=[late])
    await send_findings(settings, findings(1))
    [history] = (await events_until_ended(settings, 1)).values()
    execution = fold(None, history)
    assert execution is not None
    assert execution.status is Status.FAILED


@pytest.mark.parametrize(
    ("topic", "agent"),
    [
        (topics.FINDINGS, "triggers"),
        (topics.ADMISSIONS, "admissions"),
        (topics.EXECUTION_COMMANDS, "executions"),
        (topics.ACTION_REQUESTS, "steps"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
async def test_poison_is_parked_with_its_reason_and_the_next_record_is_handled(
    settings: Settings, registry: PlaybookRegistry, topic: topics.Topic, agent: str
) -> None:
    await publish(registry)
    poison = [b"\x00\xffpoison", orjson.dumps({"of": "the wrong shape"}), b"[" * 1_000_000]
    await send(settings, topic, ((b"key", value) for value in poison))
    letters = await values_until(settings, topics.DEAD_LETTERS, lambda found: len(found) >= 3)
    assert [(letter["agent"], letter["topic"]) for letter in letters] == [
        (agent, topic.named(settings.topic_prefix))
    ] * 3
    assert all(letter["reason"] for letter in letters)
    await send_findings(settings, findings(1))
    assert len(await events_until_ended(settings, 1)) == 1
