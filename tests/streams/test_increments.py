"""What a large execution does is written in increments: together they say what a snapshot would."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import snapshots
from schemas.executions import Ended, Execution
from streams import codecs, increments, topics
from streams.batches import Batch, Emission
from streams.increments import Increment
from streams.settings import load
from streams.snapshots import PartitionExecutions
from tests.examples import FINDING, NOON, Story, action, graph

STEPS = 120
LARGE = graph(
    *(action(f"step-{n}", on_success=f"step-{n + 1}") for n in range(STEPS - 1)),
    action(f"step-{STEPS - 1}"),
)


@dataclass
class Written:
    """An execution whose every decision is a batch, and what the owner writes of it.

    latest: of each key, as compaction leaves it. sizes: bytes of value, batch by batch.
    """

    story: Story = field(default_factory=lambda: Story(LARGE))
    latest: dict[bytes, Emission] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    told: int = 0
    state: PartitionExecutions = field(
        default_factory=lambda: PartitionExecutions(load(broker="127.0.0.1:9092"), 0)
    )

    def __post_init__(self) -> None:
        self.story.start(event=FINDING)
        self.commit()

    def commit(self) -> list[Emission]:
        """Write what has happened since the last batch, and return it."""
        batch = Batch(0, [], NOON, self.state)
        for event in self.story.events[self.told :]:
            batch.emit(topics.EXECUTION_EVENTS, event.execution_id, event)
        self.told = len(self.story.events)
        self.state.put(self.story.execution)
        self.state.write(batch)
        found = [each for each in batch.emissions if each.topic is topics.EXECUTION_SNAPSHOTS]
        self.latest |= {each.key: each for each in found}
        self.sizes.append(sum(len(each.value or b"") for each in found))
        return found

    def complete(self, count: int, size: int = 0) -> None:
        """Complete so many steps, each with a batch of its own and an output of some size."""
        for _ in range(count):
            [running] = self.story.execution.steps.under_way
            self.story.complete(running.id, {"text": "x" * size})
            self.commit()

    def increments(self) -> list[Increment]:
        """Return the increments that are there."""
        there = self.latest.values()
        read = [increments.read(each.value, dict(each.headers)) for each in there if each.value]
        return [each for each in read if each is not None]

    def restored(self) -> Execution | Ended:
        """Return what another owner would restore."""
        snapshot = self.latest[self.story.execution.id.encode()].value
        assert snapshot is not None
        return increments.restored(snapshot, self.increments())


@pytest.fixture
async def written() -> Written:
    """One that has just been started."""
    return Written()


async def test_the_first_record_of_an_execution_is_its_snapshot(written: Written) -> None:
    [emission] = written.latest.values()
    assert emission.value == snapshots.to_json(written.story.execution)


async def test_the_events_of_a_large_execution_are_written_in_the_place_of_its_snapshot(
    written: Written,
) -> None:
    written.complete(1)
    [emission] = [each for key, each in written.latest.items() if key.endswith(b"#0")]
    assert codecs.decode_events(emission.value or b"") == written.story.events[-2:]


async def test_a_small_execution_is_written_whole_each_time() -> None:
    written = Written(Story(graph(action("one", on_success="two"), action("two"))))
    written.complete(1)
    assert set(written.latest) == {written.story.execution.id.encode()}


async def test_what_is_written_of_a_step_does_not_grow_with_the_number_of_steps(
    written: Written,
) -> None:
    written.complete(STEPS - 1)
    whole = len(snapshots.to_json(written.story.execution))
    assert sum(written.sizes[-60:]) / 60 < whole / 8


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 10, 500, 20_000]), max_size=60))
async def test_whatever_is_written_says_the_execution(outputs: list[int]) -> None:
    written = Written()
    for size in outputs:
        written.complete(1, size)
        assert written.restored() == written.story.execution


async def test_an_execution_is_restored_from_no_more_than_so_many_increments(
    written: Written,
) -> None:
    written.complete(STEPS - 1)
    assert 0 < len(written.increments()) <= increments.INCREMENTS_MAX


async def test_events_that_are_as_large_as_the_snapshot_are_a_reason_to_write_it_anew(
    written: Written,
) -> None:
    written.complete(1, 50_000)
    assert set(written.latest) == {written.story.execution.id.encode()}


async def test_the_end_deletes_all_increments(written: Written) -> None:
    written.complete(STEPS - 1)
    assert written.increments()
    written.complete(1)
    assert written.restored() == Ended.of(written.story.execution)
    assert written.increments() == []


async def test_a_new_snapshot_outdates_the_increments_of_the_one_before(written: Written) -> None:
    written.complete(STEPS // 2)
    execution = written.story.execution
    whole = snapshots.to_json(execution)
    assert written.increments()
    assert increments.restored(whole, written.increments()) == execution


async def test_an_increment_that_lacks_is_told(written: Written) -> None:
    written.complete(4)
    [_, second, *_] = written.increments()
    others = [each for each in written.increments() if each != second]
    snapshot = written.latest[written.story.execution.id.encode()].value or b""
    with pytest.raises(ValueError, match=f"events {second.after + 1} to .* stand nowhere"):
        increments.restored(snapshot, others)


async def test_an_increment_of_another_playbook_is_told(written: Written) -> None:
    written.complete(1)
    [increment] = written.increments()
    foreign = increment._replace(events=increment.events.replace(b'"step-', b'"stop-'))
    snapshot = written.latest[written.story.execution.id.encode()].value or b""
    with pytest.raises(ValueError, match="has no step 'stop-0'"):
        increments.restored(snapshot, [foreign])


def test_an_increment_without_what_it_must_say_is_refused() -> None:
    with pytest.raises(ValueError, match="without the header 'after'"):
        increments.read(b"[]", {"increment_of": b"pexec-1", "sequence": b"3"})
