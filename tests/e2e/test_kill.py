"""kill -9 of workers in the middle of executions, or left for dead: nothing lost or doubled."""

import random
import signal
from typing import Any

from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.verification import verify
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import (
    assert_gapless,
    events_until_ended,
    most_at_once,
    send_findings,
    values_until,
)
from tests.e2e.processes import Workers, workers
from tests.examples import step

SEED = 20260301


async def kill_while_running(
    settings: Settings, running: Workers, executions: int, kills: int
) -> None:
    """Send findings in portions; after each, kill a worker while it is at work on them."""
    chance = random.Random(SEED)
    pending = list(findings(executions))
    portion = -(-executions // (kills + 1))
    ended = 0
    while pending:
        await send_findings(settings, pending[:portion])
        del pending[:portion]
        # A few of the portion have ended, the rest are anywhere in between.
        ended += portion // 10
        await events_until_ended(settings, ended)
        if pending:
            running.kill(chance.randrange(len(running.processes)))


async def verified(settings: Settings) -> tuple[int, int, bool]:
    """Fold the log into a table, then verify it: executions, events, and whether all is well."""
    table = Table(settings.data_dir / FILE_NAME)
    projection = Projection(settings, table)
    await projection.start()
    try:
        await table.wait(lambda: projection.caught_up or None, timeout_seconds=60)
        verification = await verify(settings, table)
        return verification.executions, verification.events, verification.ok
    finally:
        await projection.stop()
        table.close()


def has_increments(snapshots: list[Any]) -> bool:
    """Tell whether there is an increment, a list of events, among what stands on the topic."""
    return any(isinstance(each, list) for each in snapshots)


async def test_every_execution_completes_once_though_workers_are_killed(
    settings: Settings, registry: PlaybookRegistry, kills: int, executions: int
) -> None:
    definition = Playbook.model_validate(logging_playbook(5))
    await registry.publish(definition, by="test", expected=None)
    with workers(settings, 2) as running:
        running.wait_until_ready()
        await kill_while_running(settings, running, executions, kills)
        histories = await events_until_ended(settings, executions, timeout_seconds=120)
        running.stop()
    assert len(histories) == executions
    assert_gapless(histories)
    assert {history[-1].type for history in histories.values()} == {"ExecutionCompleted"}
    assert {len(history) for history in histories.values()} == {12}
    assert await verified(settings) == (executions, 12 * executions, True)


async def test_large_executions_go_on_from_their_increments_though_workers_are_killed(
    settings: Settings, registry: PlaybookRegistry, kills: int
) -> None:
    steps, executions = 100, 5
    definition = Playbook.model_validate(logging_playbook(steps))
    await registry.publish(definition, by="test", expected=None)
    in_all = executions * (2 + 2 * steps)
    chance = random.Random(SEED)
    with workers(settings, 2) as running:
        running.wait_until_ready()
        await send_findings(settings, findings(executions))
        for kill in range(1, kills + 1):
            # Somewhere in the middle of all of them.
            so_far = in_all * kill // (kills + 2)
            await values_until(settings, topics.EXECUTION_EVENTS, lambda f, n=so_far: len(f) >= n)
            running.kill(chance.randrange(len(running.processes)))
        histories = await events_until_ended(settings, executions, timeout_seconds=120)
        running.stop()
    assert_gapless(histories)
    assert sum(map(len, histories.values())) == in_all
    await values_until(settings, topics.EXECUTION_SNAPSHOTS, has_increments)
    assert await verified(settings) == (executions, in_all, True)


async def test_no_place_is_taken_twice_and_none_is_lost_though_workers_are_killed(
    settings: Settings, registry: PlaybookRegistry, kills: int
) -> None:
    document = logging_playbook(1, trigger={"event": "finding.new", "max_running": 3})
    document["steps"].append(step("wait", "delay", duration=0.2))
    definition = Playbook.model_validate(document)
    await registry.publish(definition, by="test", expected=None)
    chance = random.Random(SEED)
    with workers(settings, 2) as running:
        running.wait_until_ready()
        await send_findings(settings, findings(50))
        for kill in range(kills):
            # Three run, all the others wait for a place.
            await events_until_ended(settings, 1 + 40 * kill // kills)
            running.kill(chance.randrange(len(running.processes)))
        histories = await events_until_ended(settings, 50, timeout_seconds=120)
        running.stop()
    assert len(histories) == 50
    assert_gapless(histories)
    assert {history[-1].type for history in histories.values()} == {"ExecutionCompleted"}
    assert most_at_once(histories.values()) == 3
    executions, _, is_right = await verified(settings)
    assert (executions, is_right) == (50, True)


async def test_a_worker_that_was_left_for_dead_doubles_nothing(
    settings: Settings, registry: PlaybookRegistry, executions: int
) -> None:
    definition = Playbook.model_validate(logging_playbook(5))
    await registry.publish(definition, by="test", expected=None)
    sent = list(findings(executions + 20))
    with workers(settings, 2) as running:
        running.wait_until_ready()
        await send_findings(settings, sent[:executions])
        # In the middle of them: of its partitions, and maybe of a transaction.
        await events_until_ended(settings, executions // 10)
        zombie = running.processes[0]
        zombie.send_signal(signal.SIGSTOP)
        try:
            # The other one has taken everything over, and shut it out.
            await events_until_ended(settings, executions, timeout_seconds=120)
        finally:
            zombie.send_signal(signal.SIGCONT)
        await send_findings(settings, sent[executions:])
        histories = await events_until_ended(settings, len(sent), timeout_seconds=120)
        running.stop()
    assert len(histories) == len(sent)
    assert_gapless(histories)
    assert {len(history) for history in histories.values()} == {12}
    assert await verified(settings) == (len(sent), 12 * len(sent), True)
