"""``verify`` on topics on which commands and snapshots are not what they must be.

All defects stand in one deployment, which is verified once; each test looks at one.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from engine import snapshots
from engine.evolution import fold
from engine.identities import timer_command_id
from engine.timers import next_timer
from schemas.commands import FireTimer
from schemas.events import Event
from streams import topics
from streams.setting_values import parsed_retention
from streams.settings import Settings
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import Verification, verify
from tests.benchmarks.deployment import deployment
from tests.e2e.log import send
from tests.examples import NOON, Story, graph, step
from tests.streams.table.kafka import publish
from tests.streams.table.log import story
from tests.streams.verified import commit, give, keep, project, told


def ended_now(name: str) -> list[Event]:
    """Return an execution that has ended just now: it must be remembered for a day."""
    late = datetime.now(UTC) - story(name).events[-1].at
    return [event.model_copy(update={"at": event.at + late}) for event in story(name).events]


def caused_by(events: list[Event], number: int, command_id: str) -> list[Event]:
    """Return events of which one, with those of the same command, names another one."""
    before = events[number - 1].command_id
    return [
        event.model_copy(update={"command_id": command_id}) if event.command_id == before else event
        for event in events
    ]


def fired(name: str) -> list[Event]:
    """Return an execution whose delay was ended by its timer, which stands on no topic."""
    delayed = Story(graph(step("wait", "delay", duration=60)), name)
    delayed.start()
    timer = next_timer(delayed.execution)
    assert timer is not None
    named = timer_command_id(name, timer.name, timer.due_at.isoformat())
    delayed.give(
        FireTimer(
            id=named, execution_id=name, at=timer.due_at, timer=timer.name, due_at=timer.due_at
        )
    )
    return delayed.events


async def spoil_commands(settings: Settings) -> None:
    """Put executions on the log whose events name commands that they must not name."""
    unknown = caused_by(story("unknown").events, 3, "command-of-nobody")
    await give(settings, story("unknown").events)
    again = caused_by(story("again").events, 5, "command-1")
    await give(settings, again)
    by_timer = fired("by-timer")
    await give(settings, by_timer[:1])
    later = (NOON + timedelta(days=1)).isoformat()
    not_due = timer_command_id("not-due", "wait/1/1/due", later)
    too_early = caused_by(fired("not-due"), 4, not_due)
    await give(settings, too_early[:1])
    for events in (unknown, again, by_timer, too_early):
        await publish(settings, events)
        await keep(settings, events)


async def spoil_snapshots(settings: Settings) -> None:
    """Put executions on the log whose snapshots are not there, or not what they must be."""
    whole = {name: story(name).events for name in ("otherwise", "stale", "lost", "garbage")}
    opened = {name: events[:3] for name, events in whole.items()} | {"dead": ended_now("dead")}
    for name, events in opened.items():
        await give(settings, events)
        await publish(settings, events)
        if name == "stale":
            await keep(settings, events[:2])
    await keep(settings, opened["dead"])
    other = fold(None, opened["otherwise"])
    assert other is not None
    said = snapshots.to_json(other).replace(b'"by":"trigger"', b'"by":"mallory"')
    records = [(b"otherwise", said), (b"garbage", b"\x00 poison"), (b"dead", None)]
    await send(settings, topics.EXECUTION_SNAPSHOTS, records)
    await keep(settings, story("invented").events)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verification(broker: str) -> AsyncIterator[Verification]:
    """What ``verify`` says of all of them."""
    async with deployment(broker, f"t{uuid4().hex[:12]}.") as (settings, _):
        settings = settings.model_copy(update={"retention": parsed_retention("0")})
        await commit(settings, [*story("right").events, *ended_now("remembered")])
        await spoil_commands(settings)
        await spoil_snapshots(settings)
        table = Table(settings.data_dir / FILE_NAME)
        await project(settings, table)
        yield await verify(settings, table)
        table.close()


def of(verification: Verification, execution_id: str) -> list[str]:
    """Return in what an execution differs."""
    return [what for name, what in told(verification) if name == execution_id]


def test_an_event_of_a_command_that_nobody_gave_is_reported(verification: Verification) -> None:
    assert of(verification, "unknown") == ["event 3: command_id"]


def test_a_command_that_comes_back_is_reported(verification: Verification) -> None:
    assert of(verification, "again") == ["event 5: command_id"]


def test_a_timer_that_was_due_is_a_cause(verification: Verification) -> None:
    assert of(verification, "by-timer") == []


def test_a_timer_that_was_not_due_is_none(verification: Verification) -> None:
    assert of(verification, "not-due") == ["event 4: command_id"]


def test_a_snapshot_that_says_otherwise_is_reported_with_what_it_says(
    verification: Verification,
) -> None:
    [found] = [d for d in verification.differences if d.execution_id == "otherwise"]
    assert found.what == "snapshot: state: by"
    assert (found.expected, found.found) == ("trigger", "mallory")


def test_a_snapshot_that_is_behind_the_events_is_reported(verification: Verification) -> None:
    assert "snapshot: state: sequence" in of(verification, "stale")


@pytest.mark.parametrize("name", ["lost", "garbage", "dead"])
def test_an_execution_that_could_not_be_restored_is_reported(
    verification: Verification, name: str
) -> None:
    assert of(verification, name) == ["snapshot"]


def test_a_snapshot_of_an_execution_that_is_not_on_the_log_is_reported(
    verification: Verification,
) -> None:
    assert of(verification, "invented") == ["snapshot"]


def test_nothing_else_is_reported(verification: Verification) -> None:
    spoilt = {"unknown", "again", "not-due", "otherwise", "stale", "lost", "garbage", "dead"}
    assert {name for name, _ in told(verification)} == spoilt | {"invented"}
