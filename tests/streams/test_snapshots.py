"""The executions of a partition: few are kept as they are, none is lost by that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from engine import snapshots
from schemas.executions import Ended, Execution
from streams import clients, topics
from streams.batches import Batch, Emission
from streams.producers import TransactionalProducer
from streams.settings import Settings, load
from streams.snapshots import AWAKE_MAX, PartitionExecutions
from tests.examples import NOON, Story, action, started, step

MANY = AWAKE_MAX + 250


def story() -> Story:
    return started(step("wait", "delay", duration="1h"), action("after"))


def waiting(count: int) -> list[Execution]:
    """Return executions that wait, each with an id of its own."""
    execution = story().execution
    return [replace(execution, id=f"pexec-{number}") for number in range(count)]


async def written(state: PartitionExecutions) -> dict[bytes, bytes | None]:
    """End a batch; return the snapshots that it writes."""
    batch = Batch(0, [], NOON, state)
    state.write(batch)
    return {emission.key: emission.value for emission in batch.emissions}


@pytest.fixture
def state() -> PartitionExecutions:
    """A partition without any."""
    return PartitionExecutions(load(broker="127.0.0.1:9092"), 0)


async def test_only_those_that_changed_last_are_kept_as_they_are(
    state: PartitionExecutions,
) -> None:
    for execution in waiting(MANY):
        state.put(execution)
    await written(state)
    assert (len(state), state.awake) == (MANY, AWAKE_MAX)


async def test_one_that_sleeps_wakes_as_it_was(state: PartitionExecutions) -> None:
    executions = waiting(MANY)
    for execution in executions:
        state.put(execution)
    await written(state)
    assert [state.get(execution.id) for execution in executions] == executions
    await written(state)
    assert (len(state), state.awake) == (MANY, AWAKE_MAX)


async def test_one_that_wakes_and_changes_nothing_is_not_written_again(
    state: PartitionExecutions,
) -> None:
    for execution in waiting(MANY):
        state.put(execution)
    assert len(await written(state)) == MANY
    state.get("pexec-0")
    assert await written(state) == {}


async def test_one_that_slept_and_ends_is_remembered_as_ended(state: PartitionExecutions) -> None:
    for execution in waiting(MANY):
        state.put(execution)
    await written(state)
    ending = story()
    ending.cancel()
    ended = replace(ending.execution, id="pexec-0")
    state.put(ended)
    assert state.get("pexec-0") == Ended.of(ended)
    assert len(state) == MANY - 1
    assert await written(state) == {b"pexec-0": snapshots.to_json(Ended.of(ended))}


def of_earlier_releases(emission: Emission) -> Emission:
    """Return a snapshot that does not say when something falls due."""
    return emission._replace(headers=[])


@pytest.mark.parametrize("form", [Emission._replace, of_earlier_releases])
async def test_what_is_restored_sleeps_and_is_due_as_before(
    settings: Settings, form: Callable[[Emission], Emission]
) -> None:
    executions = waiting(MANY)
    before = PartitionExecutions(settings, 0)
    for execution in executions:
        before.put(execution)
    batch = Batch(0, [], NOON, before)
    before.write(batch)
    prefix = settings.topic_prefix
    async with TransactionalProducer(clients.client(settings), "test", 10, "none") as producer:
        await producer.commit([form(each) for each in batch.emissions], prefix, {})
    state = PartitionExecutions(settings, 0)
    await state.restore()
    assert (len(state), state.awake) == (MANY, 0)
    wait = executions[0].steps["wait"].waiting
    assert wait is not None
    assert state.due_at() == wait.due_at
    later = NOON + timedelta(hours=2)
    assert sorted(state.timers.due(later, MANY)) == sorted(each.id for each in executions)
    assert [state.get(execution.id) for execution in executions] == executions


async def test_a_snapshot_that_cannot_be_read_gives_way_to_the_one_before_and_holds_up_nobody(
    settings: Settings,
) -> None:
    [spoilt, whole] = waiting(2)
    records: list[tuple[str, bytes | None]] = [
        (spoilt.id, snapshots.to_json(spoilt)),
        (whole.id, snapshots.to_json(whole)),
        (spoilt.id, b"\x00 poison"),
        ("pexec-unheard-of", b"\xff"),
        ("pexec-other", snapshots.to_json(whole)),
    ]
    name = topics.EXECUTION_SNAPSHOTS.named(settings.topic_prefix)
    async with clients.producer(settings) as producer:
        for key, value in records:
            await producer.send_and_wait(name, value, key=key.encode(), partition=0)
        await producer.send_and_wait(name, b"{}", key=b"\xff\xfe", partition=0)
    state = PartitionExecutions(settings, 0)
    await state.restore()
    assert len(state) == 2
    assert [state.get(each.id) for each in (spoilt, whole)] == [spoilt, whole]
