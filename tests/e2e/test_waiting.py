"""kill -9 of the worker while executions wait, for whatever it is: they go on as if nothing were.

All of them wait at once, in one deployment; the worker is killed once; each test looks at one.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from engine.evolution import fold
from schemas.commands import Command
from schemas.events import Event, ExecutionStarted
from schemas.executions import Execution
from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.benchmarks.deployment import deployment
from tests.e2e.findings import start
from tests.e2e.log import (
    assert_gapless,
    events_until_ended,
    histories_of,
    send_commands,
    until_acknowledged,
    values,
    values_until,
)
from tests.e2e.processes import Workers, workers
from tests.e2e.remote import Remote, remote
from tests.e2e.test_kill import verified
from tests.e2e.waits import WAITS, Wait
from tests.examples import told

HELD = {wait.held for wait in WAITS.values() if wait.held is not None}
ANSWERED = {wait.held for wait in WAITS.values() if wait.held is not None and wait.is_answered}


@dataclass
class Outcome:
    """What became of all of them. requests: what the step agent was asked; calls: see Remote."""

    stood: dict[str, bool]
    histories: dict[str, list[Event]]
    requests: list[dict[str, Any]]
    calls: dict[str, list[str]]
    verification: tuple[int, int, bool]


def by_name(read: list[dict[str, Any]]) -> dict[str, list[Event]]:
    """Return the events of each wait."""
    named: dict[str, list[Event]] = {}
    for history in histories_of(read).values():
        start = history[0]
        assert isinstance(start, ExecutionStarted)
        name = "reverting" if start.undoing is not None else start.playbook_id.removeprefix("pb-")
        assert name not in named
        named[name] = history
    return named


def standing(read: list[dict[str, Any]]) -> dict[str, bool]:
    """Tell of each wait whether its execution stands where it is to be killed."""
    executions = {name: fold(None, history) for name, history in by_name(read).items()}
    return {name: _stands(wait, executions.get(name)) for name, wait in WAITS.items()}


def _stands(wait: Wait, execution: Execution | None) -> bool:
    return execution is not None and wait.stands(execution)


def execution_id(name: str) -> str:
    """Return the id of the execution of a wait that the test starts."""
    return f"pexec-{name}"


async def begin(settings: Settings, registry: PlaybookRegistry, side: Remote) -> None:
    """Start all of them, and say what people say."""
    for name, wait in WAITS.items():
        if wait.steps:
            document = Playbook.model_validate(wait.document(name, side.base_url))
            await registry.publish(document, by="test", expected=None)
    given: list[Command] = []
    for name, wait in WAITS.items():
        published = registry.current(f"pb-{name}")
        if wait.is_started and published is not None:
            given.append(
                start(published, execution_id(name), parameters={"base_url": side.base_url})
            )
            given += wait.before(execution_id(name))
    await send_commands(settings, given)


async def go_on(settings: Settings, side: Remote) -> None:
    """Say, and answer, what is still to be."""
    await send_commands(
        settings, chain(*(wait.after(execution_id(name)) for name, wait in WAITS.items()))
    )
    await side.until_called(HELD, times=2)
    await side.let_go(ANSWERED)


async def killed(settings: Settings, running: Workers, side: Remote) -> dict[str, bool]:
    """Kill the worker once all of them wait; tell which did when it was dead."""
    await side.until_called(HELD, times=1)
    await values_until(settings, topics.EXECUTION_EVENTS, lambda read: all(standing(read).values()))
    await until_acknowledged(settings, len(HELD))
    running.end(0)
    return standing(await values(settings, topics.EXECUTION_EVENTS))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def outcome(broker: str) -> AsyncIterator[Outcome]:
    """What became of all of them."""
    async with remote() as side, deployment(broker, f"t{uuid4().hex[:12]}.") as deployed:
        settings, registry = deployed
        with workers(settings, 1) as running:
            running.wait_until_ready()
            await begin(settings, registry, side)
            stood = await killed(settings, running, side)
            running.start(0)
            await go_on(settings, side)
            await events_until_ended(settings, len(WAITS))
            running.stop()
        read = await values(settings, topics.EXECUTION_EVENTS)
        requests = await values(settings, topics.ACTION_REQUESTS)
        yield Outcome(stood, by_name(read), requests, dict(side.calls), await verified(settings))


@pytest.mark.parametrize("name", WAITS)
def test_an_execution_goes_on_where_it_waited_when_its_worker_was_killed(
    outcome: Outcome, name: str
) -> None:
    assert outcome.stood[name], "it was killed before, or after, it waited"
    assert [told(event) for event in outcome.histories[name]] == WAITS[name].told


def test_no_event_is_lost_or_doubled(outcome: Outcome) -> None:
    assert_gapless(outcome.histories)
    assert outcome.verification == (len(WAITS), sum(map(len, outcome.histories.values())), True)


def test_no_action_is_asked_for_twice(outcome: Outcome) -> None:
    asked = Counter(
        (each["execution_id"], each["step_id"], each["visit"], each["attempt"])
        for each in outcome.requests
    )
    assert set(asked.values()) == {1}


def test_a_call_that_was_under_way_is_made_again_with_the_same_key(outcome: Outcome) -> None:
    for name, wait in WAITS.items():
        if wait.held is not None:
            first, second = outcome.calls[wait.held]
            assert first == second
            assert first.startswith(outcome.histories[name][0].execution_id)


def test_a_call_that_had_been_answered_is_not_made_again(outcome: Outcome) -> None:
    assert len(outcome.calls["/quick-0"]) == 1
    assert len(outcome.calls["/quick-2"]) == 1


def test_a_further_attempt_has_the_key_of_the_first(outcome: Outcome) -> None:
    first, second = outcome.calls["/busy"]
    assert first == second == f"{execution_id('retry')}/try/1"
