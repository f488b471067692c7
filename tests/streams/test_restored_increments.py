"""A large execution is restored from its snapshot and what has been written of it since."""

from collections.abc import Iterable

import pytest
import structlog

from streams import clients, topics
from streams.batches import Batch, Emission
from streams.producers import TransactionalProducer
from streams.settings import Settings
from streams.snapshots import AWAKE_MAX, PartitionExecutions
from tests.examples import FINDING, NOON, Story, action, graph, step

GRAPH = graph(
    *(action(f"step-{n}", on_success=f"step-{n + 1}") for n in range(119)),
    step("step-119", "delay", duration="1h"),
)
SHORT = graph(step("wait", "delay", duration="1h"), action("after"))


def large(execution_id: str = "pexec-1") -> Story:
    """Return an execution of many steps that has just been started."""
    story = Story(GRAPH, execution_id)
    story.start(event=FINDING)
    return story


def proceed(story: Story, state: PartitionExecutions, count: int = 1) -> list[Emission]:
    """Complete so many steps, each in a batch of its own; return what is written of it."""
    found: list[Emission] = []
    for _ in range(count):
        known = len(story.events)
        [running] = story.execution.steps.under_way
        story.complete(running.id, {"done": True})
        found += write(state, story, known)
    return found


def write(state: PartitionExecutions, story: Story, known: int = 0) -> list[Emission]:
    """Write what has happened since the events that are known, as one batch."""
    batch = Batch(0, [], NOON, state)
    for event in story.events[known:]:
        batch.emit(topics.EXECUTION_EVENTS, event.execution_id, event, partition=0)
    state.put(story.execution)
    state.write(batch)
    return [each for each in batch.emissions if each.topic is topics.EXECUTION_SNAPSHOTS]


async def commit(settings: Settings, emissions: Iterable[Emission]) -> None:
    """Put them on the log."""
    client, prefix = clients.client(settings), settings.topic_prefix
    async with TransactionalProducer(client, "test", 10, "none") as producer:
        await producer.commit(list(emissions), prefix, {})


async def restored(settings: Settings) -> PartitionExecutions:
    """Return the state that the next owner of the partition begins with."""
    state = PartitionExecutions(settings, 0)
    await state.restore()
    return state


async def test_the_next_owner_goes_on_where_the_last_one_has_stopped(settings: Settings) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    await commit(settings, [*write(before, story), *proceed(story, before, 5)])
    state = await restored(settings)
    assert (len(state), state.awake) == (1, 0)
    assert state.get("pexec-1") == story.execution


async def test_the_next_owner_writes_a_snapshot_first_and_then_increments_of_it(
    settings: Settings,
) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    await commit(settings, [*write(before, story), *proceed(story, before, 5)])
    state = await restored(settings)
    state.get("pexec-1")
    told = proceed(story, state, 3)
    assert [each.key for each in told] == [b"pexec-1", b"pexec-1#0", b"pexec-1#1"]
    await commit(settings, told)
    assert (await restored(settings)).get("pexec-1") == story.execution


async def test_what_falls_due_is_what_the_last_increment_says(settings: Settings) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    told = [*write(before, story), *proceed(story, before, 119)]
    assert told[-1].key != b"pexec-1"
    await commit(settings, told)
    state = await restored(settings)
    waiting = story.execution.steps["step-119"].waiting
    assert waiting is not None
    assert waiting.due_at is not None
    assert state.due_at() == waiting.due_at


async def test_the_end_of_an_execution_that_was_restored_deletes_the_increments_before_it(
    settings: Settings,
) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    await commit(settings, [*write(before, story), *proceed(story, before, 3)])
    state = await restored(settings)
    known = len(story.events)
    story.cancel()
    told = {each.key: each.value for each in write(state, story, known)}
    assert {key for key, value in told.items() if value is None} == {
        b"pexec-1#0",
        b"pexec-1#1",
        b"pexec-1#2",
    }


async def test_one_that_falls_asleep_between_two_snapshots_wakes_as_it_was(
    settings: Settings,
) -> None:
    story, state = large(), PartitionExecutions(settings, 0)
    told = [*write(state, story), *proceed(story, state, 3)]
    for number in range(AWAKE_MAX):
        other = Story(SHORT, f"pexec-other-{number}")
        other.start()
        state.put(other.execution)
    state.write(Batch(0, [], NOON, state))
    assert (len(state), state.awake) == (AWAKE_MAX + 1, AWAKE_MAX)
    assert state.get("pexec-1") == story.execution
    told += proceed(story, state, 2)
    assert told[-1].key == b"pexec-1#4"
    await commit(settings, told)
    assert (await restored(settings)).get("pexec-1") == story.execution


async def test_where_an_increment_lacks_what_was_before_it_counts_and_it_is_told(
    settings: Settings,
) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    told = [*write(before, story), *proceed(story, before, 2)]
    expected = story.execution
    _lost, *after = proceed(story, before, 2)
    await commit(settings, [*told, *after])
    with structlog.testing.capture_logs() as logs:
        state = await restored(settings)
    assert state.get("pexec-1") == expected
    [line] = [each for each in logs if each["event"] == "increments passed over"]
    assert (line["execution_id"], line["log_level"]) == ("pexec-1", "error")
    assert "stand nowhere" in line["error"]


async def test_one_whose_increments_cannot_be_read_is_never_taken_for_what_it_was_before(
    settings: Settings,
) -> None:
    story, before = large(), PartitionExecutions(settings, 0)
    snapshot, increment = [*write(before, story), *proceed(story, before)]
    await commit(settings, [snapshot, increment._replace(value=b"\x00 poison")])
    state = await restored(settings)
    for _ in range(2):
        with pytest.raises(ValueError, match="Invalid JSON"):
            state.get("pexec-1")
