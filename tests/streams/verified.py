"""A table and its log, held against each other: what the tests of ``verify`` share."""

from collections.abc import Iterable
from contextlib import closing, suppress

from engine import snapshots
from engine.evolution import evolve
from schemas.commands import CancelExecution, Rejection
from schemas.events import Event
from schemas.executions import ENDED, Ended, Execution
from streams import topics
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.sqlite import SqliteStore
from streams.table.table import Table
from streams.verification import Verification
from tests.e2e.log import send, send_commands
from tests.examples import Story
from tests.streams.table.kafka import publish, until
from tests.streams.table.log import story

TALLIES = ("", "tallies")


async def commit(settings: Settings, messages: Iterable[Event | Rejection]) -> None:
    """Put messages on their topics as the execution agent does: with what they came from, the
    commands, and what they lead to, the snapshots."""
    told = list(messages)
    events = [message for message in told if not isinstance(message, Rejection)]
    await give(settings, events)
    await publish(settings, told)
    await keep(settings, events)


async def commit_stories(settings: Settings, first: int, count: int) -> list[Story]:
    """Commit so many executions, numbered from ``first`` on, and return them."""
    stories = [story(f"pexec-{number}") for number in range(first, first + count)]
    await commit(settings, (event for told in stories for event in told.events))
    return stories


async def give(settings: Settings, events: Iterable[Event]) -> None:
    """Put a command on its topic for each that the events name."""
    named = {(event.execution_id, event.command_id): event for event in events}
    await send_commands(
        settings,
        (
            CancelExecution(id=command_id, execution_id=execution_id, at=event.at)
            for (execution_id, command_id), event in named.items()
        ),
    )


async def keep(settings: Settings, events: Iterable[Event]) -> None:
    """Put the snapshot of each execution on its topic."""
    states: dict[str, Execution] = {}
    for event in events:
        state = states.get(event.execution_id)
        if state is None or state.status not in ENDED:
            with suppress(KeyError, ValueError):  # a log that was spoilt does not fold
                states[event.execution_id] = evolve(state, event)
    await send(
        settings,
        topics.EXECUTION_SNAPSHOTS,
        (
            (name.encode(), snapshots.to_json(Ended.of(state) if state.status in ENDED else state))
            for name, state in states.items()
        ),
    )


async def project(settings: Settings, table: Table) -> None:
    """Fold what stands on the log, then stop."""
    projection = Projection(settings, table)
    await projection.start()
    await until(table, lambda: projection.caught_up)
    await projection.stop()


# What SQLite has for changing a member of an object, made out of what PostgreSQL has.
_JSON_SET = """
CREATE OR REPLACE FUNCTION json_set(object BYTEA, path TEXT, value TEXT) RETURNS BYTEA AS $$
    SELECT convert_to(changed::text, 'UTF8') FROM
        jsonb_set(convert_from(object, 'UTF8')::jsonb, ARRAY[substr(path, 3)], to_jsonb(value))
        AS changed
$$ LANGUAGE SQL"""


def tamper(table: Table, statement: str) -> None:
    """Change the table behind everybody's back."""
    with closing(table.store.connect(to_write=True)) as connection:
        if "json_set" in statement and not isinstance(table.store, SqliteStore):
            connection.execute(_JSON_SET)
        assert connection.execute(statement).rowcount != 0


def told(verification: Verification) -> list[tuple[str, str]]:
    """Return which execution differs, and in what."""
    found = {(one.execution_id, one.what) for one in verification.differences}
    # With a row that differs, the number of such rows differs too.
    return sorted(found - {TALLIES} if len(found) > 1 else found)
