"""``verify`` looks at what would be restored: a snapshot, with all its increments."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from engine import snapshots
from engine.evolution import fold
from schemas.events import Event
from streams import clients, codecs, increments, snapshot_records, topics
from streams.setting_values import parsed_retention
from streams.settings import Settings
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import Verification, verify
from tests.benchmarks.deployment import deployment
from tests.streams.table.kafka import publish
from tests.streams.table.log import story
from tests.streams.verified import give, project, told


async def keep(settings: Settings, name: str, *parts: list[Event]) -> None:
    """Put the first part of a history on its topic as a snapshot, the others as increments."""
    topic = topics.EXECUTION_SNAPSHOTS.named(settings.topic_prefix)
    execution = fold(None, parts[0])
    assert execution is not None
    records = [(name, snapshots.to_json(execution), snapshot_records.headers(execution, None))]
    for number, events in enumerate(parts[1:]):
        execution = fold(execution, events)
        assert execution is not None
        said = increments.headers(execution, events)
        said += snapshot_records.headers(execution, None)
        value = increments.value([codecs.encode(event) for event in events])
        records.append((increments.key(name, number), value, said))
    async with clients.producer(settings) as producer:
        for key, value, headers in records:
            await producer.send_and_wait(topic, value, key.encode(), 0, headers=headers)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verification(broker: str) -> AsyncIterator[Verification]:
    """What ``verify`` says of some executions after three events each."""
    async with deployment(broker, f"t{uuid4().hex[:12]}.") as (settings, _):
        settings = settings.model_copy(update={"retention": parsed_retention("0")})
        for name in ("right", "behind", "gap", "otherwise"):
            first, second, third = story(name).events[:3]
            await give(settings, [first, second, third])
            await publish(settings, [first, second, third])
            if name == "right":
                await keep(settings, name, [first], [second], [third])
            elif name == "behind":
                await keep(settings, name, [first], [second])
            elif name == "gap":
                await keep(settings, name, [first], [third])
            else:
                spoilt = third.model_copy(update={"output": {"said": "goodbye"}})
                await keep(settings, name, [first], [second, spoilt])
        table = Table(settings.data_dir / FILE_NAME)
        await project(settings, table)
        yield await verify(settings, table)
        table.close()


def test_a_snapshot_with_all_its_increments_is_right(verification: Verification) -> None:
    assert verification.snapshots >= 1
    assert [what for name, what in told(verification) if name == "right"] == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("behind", "snapshot: state: sequence"),
        ("gap", "snapshot"),
        ("otherwise", "snapshot: state: steps"),
    ],
)
def test_increments_that_lead_elsewhere_than_the_events_are_reported(
    verification: Verification, name: str, what: str
) -> None:
    assert what in [found for each, found in told(verification) if each == name]


def test_what_lacks_is_named(verification: Verification) -> None:
    [found] = [each for each in verification.differences if each.execution_id == "gap"]
    assert "stand nowhere" in found.found
