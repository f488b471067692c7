"""Every type of step on real Kafka: from a finding to the end of its execution."""

from typing import Any

import pytest

from engine.evolution import fold
from schemas.executions import Execution, Status
from schemas.playbooks import Playbook
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import assert_gapless, events_until_ended, send_findings
from tests.examples import action, step

pytestmark = pytest.mark.usefixtures("worker")


def log(step_id: str, **says: Any) -> dict[str, Any]:
    return action(step_id, **({"parameters": {"at": step_id}} | says))


async def publish(registry: PlaybookRegistry, *steps: dict[str, Any], **says: Any) -> None:
    definition = logging_playbook(1) | {"steps": list(steps)} | says
    await registry.publish(Playbook.model_validate(definition), by="test", expected=None)


async def ended(settings: Settings, executions: int = 1) -> list[Execution]:
    """Send a finding and return the executions once so many have ended."""
    await send_findings(settings, findings(1))
    histories = await events_until_ended(settings, executions)
    assert_gapless(histories)
    found = [fold(None, history) for history in histories.values()]
    return [execution for execution in found if execution is not None]


async def test_a_condition_and_a_switch(settings: Settings, registry: PlaybookRegistry) -> None:
    await publish(
        registry,
        step("ask", "condition", expression="{{finding.severity}} == 'Critical'", on_false="end"),
        step("which", "switch", expression="asset.type", cases={"domain": "web"}, default="end"),
        log("web"),
    )
    [execution] = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.steps["web"].output == {"at": "web"}


async def test_a_parallel_step(settings: Settings, registry: PlaybookRegistry) -> None:
    await publish(
        registry,
        step("fork", "parallel", branches=[["a", "a2"], ["b"]]),
        log("a"),
        log("a2"),
        log("b"),
        log("after"),
    )
    [execution] = await ended(settings)
    assert {run.status.value for run in execution.steps.values()} == {"completed"}


async def test_a_loop(settings: Settings, registry: PlaybookRegistry) -> None:
    body = log("work", parameters={"round": "{{ loop.index }}"})
    await publish(
        registry, step("loop", "while", expression="loop.index < 3", steps=["work"]), body
    )
    [execution] = await ended(settings)
    assert execution.steps["loop"].output == {"iterations": 3}
    assert (execution.steps["work"].visit, execution.steps["work"].output) == (3, {"round": 2})


async def test_a_delay(settings: Settings, registry: PlaybookRegistry) -> None:
    await publish(registry, step("wait", "delay", duration="1s"), log("after"))
    [execution] = await ended(settings)
    run = execution.steps["wait"]
    assert execution.status is Status.COMPLETED
    assert run.started_at is not None
    assert run.completed_at is not None
    assert (run.completed_at - run.started_at).total_seconds() >= 1


async def test_an_approval_that_expires(settings: Settings, registry: PlaybookRegistry) -> None:
    ask = step("ask", "approval", timeout_seconds=0.5, on_timeout="approve")
    await publish(registry, ask, log("after"))
    [execution] = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.steps["ask"].output == {"approved_by": [], "timed_out": True}


async def test_another_playbook_runs_and_reports_back(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    call = step("call", "playbook", playbook_id="pb-child", parameters={"n": 7})
    child = log("work", parameters={"n": "{{ parameters.n }}"})
    await publish(registry, child, id="pb-child", trigger={"event": "manual"})
    await publish(registry, call, log("after"))
    executions = {each.playbook_id: each for each in await ended(settings, 2)}
    parent, called = executions["pb-logging"], executions["pb-child"]
    assert (parent.status, called.status) == (Status.COMPLETED, Status.COMPLETED)
    assert parent.steps["call"].output == {
        "execution_id": called.id,
        "outputs": {"work": {"n": 7}},
    }
    assert called.parent is not None
    assert called.parent.execution_id == parent.id


async def test_a_playbook_that_does_not_exist_fails_the_step_that_calls_it(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry, step("call", "playbook", playbook_id="pb-nowhere"))
    [execution] = await ended(settings)
    assert execution.status is Status.FAILED
    error = execution.steps["call"].error
    assert error is not None
    assert error["code"] == "unknown_revision"


async def test_what_was_done_is_taken_back_when_the_time_comes(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    undo = {"action_ref": "act-log", "parameters": {"back": "{{ steps.block.output.at }}"}}
    await publish(registry, log("block", undo=undo, revert_after="1s"))
    first, reverted = await ended(settings, 2)
    if first.undoing is not None:
        first, reverted = reverted, first
    assert reverted.undoing is not None
    assert reverted.undoing.execution_id == first.id
    assert reverted.steps["undo-block"].output == {"back": "block"}
