"""Playbooks that actions trigger, on real Kafka."""

from typing import Any

import pytest

from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import assert_gapless, events_until_ended, send_findings, values, values_until

pytestmark = pytest.mark.usefixtures("worker")


async def publish(registry: PlaybookRegistry, **says: Any) -> None:
    definition = Playbook.model_validate(logging_playbook(1, **says))
    await registry.publish(definition, by="test", expected=None)


async def test_a_chain_of_actions_ends_nine_executions_long(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    on_itself = {"event": "action.completed", "conditions": {"action_ref": "act-log"}}
    await publish(registry, id="pb-echo", trigger=on_itself)
    await send_findings(settings, findings(1))
    histories = await events_until_ended(settings, 9)
    [refused] = await values_until(settings, topics.REJECTIONS, lambda found: len(found) == 1)
    assert_gapless(histories)
    assert sorted(history[0].depth for history in histories.values()) == list(range(9))  # type: ignore[union-attr]
    assert refused["code"] == "too_deep"
    # What the chain was about is still known at its end.
    titles = {history[0].event["data"]["title"] for history in histories.values()}  # type: ignore[union-attr, index]
    assert titles == {"SQL Injection in login form"}


async def test_an_action_triggers_what_asks_for_it_and_for_its_finding(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    about = {"action_ref": "act-log", "playbook_id": "pb-logging", "asset.id": "a-1"}
    await publish(
        registry, id="pb-after", trigger={"event": "action.completed", "conditions": about}
    )
    await send_findings(settings, findings(3))
    histories = await events_until_ended(settings, 4)
    started = [h[0].playbook_id for h in histories.values()]
    assert sorted(started) == ["pb-after"] + ["pb-logging"] * 3


async def test_with_nobody_to_trigger_nothing_is_told(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    await publish(registry, id="pb-off", trigger={"event": "action.completed"}, enabled=False)
    await send_findings(settings, findings(3))
    await events_until_ended(settings, 3)
    assert len(await values(settings, topics.FINDINGS)) == 3
