"""Attempts that nobody reports in time: the engine alone says what follows."""

import pytest

from engine.evolution import fold
from schemas.playbooks import Playbook
from streams import executions, triggers
from streams.actions.actions import Actions
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.worker import Worker
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import events_until_ended, send_findings
from tests.examples import action


@pytest.mark.parametrize(
    ("ref", "code", "attempts"),
    [("act-slack-notify", "outcome_unknown", 1), ("act-jira-create", "timed_out", 2)],
)
async def test_an_attempt_that_nobody_reports_is_made_again_only_if_that_does_no_harm(
    settings: Settings,
    registry: PlaybookRegistry,
    actions: Actions,
    ref: str,
    code: str,
    attempts: int,
) -> None:
    retry = {"max_attempts": 2, "delay_seconds": 0.1}
    step = action("late", action_ref=ref, timeout_seconds=0.2, retry=retry)
    definition = Playbook.model_validate(logging_playbook(1) | {"steps": [step]})
    await registry.publish(definition, by="test", expected=None)
    # No step agent: as if the one that took the request had died.
    worker = Worker(settings, registry, actions, (triggers.AGENT, executions.AGENT))
    await worker.start()
    try:
        await send_findings(settings, findings(1))
        [history] = (await events_until_ended(settings, 1)).values()
    finally:
        await worker.stop()
    execution = fold(None, history)
    assert execution is not None
    late = execution.steps["late"]
    assert late.attempt == attempts
    assert late.error is not None
    assert late.error["code"] == code
