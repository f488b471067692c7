"""An execution that cannot be read when something is due in it is parked; the others go on."""

from dataclasses import replace
from datetime import timedelta

import pytest_asyncio

from engine import snapshots
from schemas.dead_letters import DeadLetter
from schemas.executions import Execution
from streams import clients, snapshot_records, topics
from streams.actions.actions import Actions
from streams.batches import Batch
from streams.executions import fire_timers
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.snapshots import PartitionExecutions
from tests.examples import NOON, action, started, step

LATER = NOON + timedelta(hours=2)


def waiting(name: str) -> Execution:
    """Return an execution that waits for an hour to pass."""
    story = started(step("wait", "delay", duration="1h"), action("after"))
    return replace(story.execution, id=name)


@pytest_asyncio.fixture
async def state(settings: Settings) -> PartitionExecutions:
    """A partition as it is restored: of two executions, one has a snapshot that says nothing."""
    topic = topics.EXECUTION_SNAPSHOTS.named(settings.topic_prefix)
    async with clients.producer(settings) as producer:
        for execution in (waiting("spoilt"), waiting("whole")):
            value = snapshots.to_json(execution)
            if execution.id == "spoilt":
                value = value[: len(value) // 2]
            due_at = NOON + timedelta(hours=1)
            headers = snapshot_records.headers(execution, due_at)
            key = execution.id.encode()
            await producer.send_and_wait(topic, value, key, 0, headers=headers)
    state = PartitionExecutions(settings, 0)
    await state.restore()
    return state


def fired(state: PartitionExecutions, settings: Settings) -> Batch[PartitionExecutions]:
    """Fire what is due in a process that has read no playbook."""
    batch = Batch(0, [], LATER, state)
    fire_timers(batch, PlaybookRegistry(settings), Actions(), refuse_unknown=True)
    return batch


async def test_what_cannot_be_read_is_parked_with_its_reason(
    state: PartitionExecutions, settings: Settings
) -> None:
    batch = fired(state, settings)
    [letter] = [
        DeadLetter.model_validate_json(each.value or b"")
        for each in batch.emissions
        if each.topic is topics.DEAD_LETTERS
    ]
    assert (letter.topic, letter.offset, letter.value) == ("execution-snapshots", -1, None)
    assert "JSON" in letter.reason


async def test_the_other_one_is_decided(state: PartitionExecutions, settings: Settings) -> None:
    batch = fired(state, settings)
    assert b"whole" in [each.key for each in batch.emissions]


async def test_what_cannot_be_read_is_parked_once(
    state: PartitionExecutions, settings: Settings
) -> None:
    fired(state, settings)
    assert fired(state, settings).emissions == []
