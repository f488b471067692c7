"""The broker goes away while all is at work: who is then asked to stop does so, and in time."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams import topics
from streams.broker import addresses
from streams.settings import Settings, load
from tests.api.cli.shell import STOP_SECONDS, Running, Shell, running
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import events_until_ended, send_findings
from tests.e2e.published import publish
from tests.streams.broker import processes

COMMANDS = ("up", "worker", "api")


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Settings]:
    """Settings that name a broker of this test's own, which is somebody else's to the commands."""
    with processes.running(tmp_path / "broker"):
        recorded = addresses.recorded(tmp_path / "broker")
        assert recorded is not None
        yield load(broker=recorded[0], data_dir=tmp_path, partitions=2)


async def at_work(settings: Settings, stack: ExitStack) -> dict[str, Running]:
    """Start every command, and give them something to do."""
    await topics.create(settings)
    await publish(settings, logging_playbook(3))
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": str(settings.broker),
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_LOG_LEVEL": "warning",
        }
    )
    started = {
        command: stack.enter_context(
            running(shell, command, log=settings.data_dir / f"{command}.log")
        )
        for command in COMMANDS
    }
    for process in started.values():
        process.ready()
    await send_findings(settings, findings(2_000))
    await events_until_ended(settings, 20)
    return started


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "silent"])
async def test_every_process_stops_in_time_though_its_broker_is_away(
    away: Settings, number: signal.Signals
) -> None:
    with ExitStack() as stack:
        started = await at_work(away, stack)
        os.kill(processes.kafka_pid(away.data_dir / "broker"), number)
        for process in started.values():
            process.process.send_signal(signal.SIGTERM)
        for command, process in started.items():
            code = process.process.wait(timeout=STOP_SECONDS)
            says = (away.data_dir / f"{command}.log").read_text()
            assert "Traceback" not in says, (command, says)
            # What is held up by a broker that is silent cannot be waited for: that is said.
            assert code == 0 or (code == 1 and "ended before everything had stopped" in says)
