"""What executions cost that wait: memory, and nothing that runs."""

import asyncio

import pytest

from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import send_findings, values_until
from tests.examples import step

FEW, MANY = 50, 1_000


async def tasks_when_waiting(settings: Settings, sent: int, count: int) -> int:
    """Start more executions; return how many tasks there are once ``count`` wait."""
    await send_findings(settings, list(findings(count))[sent:])
    await values_until(
        settings,
        topics.EXECUTION_EVENTS,
        lambda found: sum(value["type"] == "StepWaiting" for value in found) >= count,
    )
    return len(asyncio.all_tasks())


@pytest.mark.parametrize(
    "wait",
    [step("wait", "delay", duration="1h"), step("wait", "approval", timeout_seconds=3_600)],
    ids=["delay", "approval"],
)
@pytest.mark.usefixtures("worker")
async def test_an_execution_that_waits_has_no_task(
    settings: Settings, registry: PlaybookRegistry, wait: dict[str, object]
) -> None:
    definition = Playbook.model_validate(logging_playbook(1) | {"steps": [wait]})
    await registry.publish(definition, by="test", expected=None)
    few = await tasks_when_waiting(settings, 0, FEW)
    many = await tasks_when_waiting(settings, FEW, MANY)
    # The clients of Kafka have a task or two more or less from moment to moment.
    assert many - few < (MANY - FEW) // 10
