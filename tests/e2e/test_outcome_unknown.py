"""Calls that must not be made twice, made by workers that are killed, or left for dead."""

import signal
from pathlib import Path
from typing import Any

import pytest

from schemas.events import Event, StepFailed
from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.held_calls import HeldCalls, held_calls
from tests.e2e.log import events_until_ended, send_findings, values_until
from tests.e2e.processes import workers

SLACK = {"channel": "#soc", "message": "{{ finding.title }}"}


def configured(settings: Settings, path: Path, server: HeldCalls) -> Settings:
    """Return settings whose ``act-slack-notify`` posts to the server."""
    path.write_text(
        f"act-slack-notify: {{connector: slack, base_url: '{server.base_url}', token: t}}\n"
    )
    return settings.model_copy(update={"actions_file": path})


async def publish(registry: PlaybookRegistry, **says: Any) -> None:
    step = {"id": "tell", "type": "action", "action_ref": "act-slack-notify", "parameters": SLACK}
    definition = Playbook.model_validate(logging_playbook(1) | {"steps": [step | says]})
    await registry.publish(definition, by="test", expected=None)


def outcome(history: list[Event]) -> str:
    """Return how a story ended: ``completed``, or the code of the failure."""
    failures = [event for event in history if isinstance(event, StepFailed)]
    return failures[0].error.code if failures else "completed"


async def test_a_call_of_a_killed_worker_is_made_once_or_its_outcome_is_unknown(
    settings: Settings, registry: PlaybookRegistry, tmp_path: Path, calls: int, kills: int
) -> None:
    await publish(registry)
    portion = max(1, calls // (kills + 1))
    async with held_calls(one_of=2) as server:
        told = configured(settings, tmp_path / "actions.yaml", server)
        with workers(told, 1) as running:
            running.wait_until_ready()
            pending = list(findings(calls))
            for _ in range(kills):
                await send_findings(told, pending[:portion])
                del pending[:portion]
                # Some of the portion are answered, some not, some have not begun.
                await server.until_held(min(portion, 100) // 4)
                running.kill(0)
            server.release()
            await send_findings(told, pending)
            histories = await events_until_ended(told, calls, timeout_seconds=120)
    outcomes = {execution_id: outcome(history) for execution_id, history in histories.items()}
    assert len(outcomes) == calls
    assert set(outcomes.values()) == {"completed", "outcome_unknown"}
    for execution_id, became in outcomes.items():
        made = server.taken[f"{execution_id}/tell/1"]
        assert made == 1 if became == "completed" else made <= 1, (execution_id, became, made)
    # Nobody is afraid without reason: at most those under way at the kills are unknown.
    assert list(outcomes.values()).count("outcome_unknown") <= kills * 100


async def test_a_worker_left_for_dead_and_its_heir_make_each_call_once(
    settings: Settings, registry: PlaybookRegistry, tmp_path: Path
) -> None:
    await publish(registry)
    count = 150  # more than one worker runs at once: some are left to the heir
    async with held_calls() as server:
        told = configured(settings, tmp_path / "actions.yaml", server)
        with workers(told, 1) as running:
            running.wait_until_ready()
            await send_findings(told, findings(count))
            await server.until_held(100)
            zombie = running.processes[0]
            zombie.send_signal(signal.SIGSTOP)
            try:
                running.add()
                await server.until_held(count)  # the heir has begun what the zombie had not
            finally:
                zombie.send_signal(signal.SIGCONT)
            server.release()
            histories = await events_until_ended(told, count, timeout_seconds=90)
    assert {outcome(history) for history in histories.values()} == {"completed"}
    assert set(server.taken.values()) == {1}
    assert len(server.taken) == count


@pytest.mark.parametrize(("policy", "made"), [("retry", 2), ("ask", 1)])
async def test_what_follows_from_an_unknown_outcome_says_the_step(
    settings: Settings, registry: PlaybookRegistry, tmp_path: Path, policy: str, made: int
) -> None:
    await publish(registry, on_unknown=policy, timeout_seconds=600)
    async with held_calls() as server:
        told = configured(settings, tmp_path / "actions.yaml", server)
        with workers(told, 1) as running:
            running.wait_until_ready()
            await send_findings(told, findings(1))
            await server.until_held(1)
            running.kill(0)
            server.release()
            if policy == "retry":
                await events_until_ended(told, 1)
            else:
                await values_until(
                    told,
                    topics.EXECUTION_EVENTS,
                    lambda found: any(value["type"] == "StepWaiting" for value in found),
                )
    assert list(server.taken.values()) == [made]
