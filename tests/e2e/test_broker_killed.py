"""kill -9 of the broker while executions wait and run: nothing lost, nothing doubled."""

import os
import signal
from pathlib import Path

from schemas.playbooks import Playbook
from streams.broker import addresses
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings, load
from tests.api.cli.shell import Shell, running
from tests.e2e.findings import findings, logging_playbook, start
from tests.e2e.log import assert_gapless, events_until_ended, send_commands
from tests.examples import action, step
from tests.streams.broker.processes import kafka_pid, until

EACH = 100

RUNS = logging_playbook(5)
WAITS = logging_playbook(1) | {
    "id": "pb-waiting",
    "steps": [step("wait", "delay", duration="5s"), action("after")],
}


async def begin(settings: Settings) -> None:
    """Start so many executions of each."""
    registry = PlaybookRegistry(settings)
    await registry.start()
    for document in (RUNS, WAITS):
        definition = Playbook.model_validate(document)
        await registry.publish(definition, by="test", expected=None)
    await send_commands(
        settings,
        (
            start(playbook, f"{playbook.playbook_id}-{number}", event=finding)
            for number, finding in enumerate(findings(EACH))
            for playbook in registry.currents()
        ),
    )
    await registry.stop()


async def test_every_execution_completes_once_though_the_broker_is_killed(tmp_path: Path) -> None:
    shell = Shell(
        {
            "PLAYBOOKS_DATA_DIR": str(tmp_path),
            "PLAYBOOKS_BROKER_PORT": "0",
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_LOG_LEVEL": "warning",
        }
    )
    with running(shell, "up", log=tmp_path / "up.log") as up:
        up.ready()
        settings = load(broker=addresses.running_address(tmp_path), data_dir=tmp_path)
        await begin(settings)
        # Some have ended; the others run, or wait.
        await events_until_ended(settings, EACH // 10)
        killed = kafka_pid(tmp_path)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: addresses.recorded(tmp_path) and kafka_pid(tmp_path) != killed, 60)
        histories = await events_until_ended(settings, 2 * EACH)
        assert len(histories) == 2 * EACH
        assert_gapless(histories)
        assert {history[-1].type for history in histories.values()} == {"ExecutionCompleted"}
        assert sorted({len(history) for history in histories.values()}) == [7, 12]
        shell("verify")
        assert up.stop() == ""
