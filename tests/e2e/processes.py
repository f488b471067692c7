"""Workers as processes of their own, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.settings import Settings


def spawn(
    settings: Settings, *arguments: str, log: Path = Path(os.devnull)
) -> subprocess.Popen[str]:
    """Start ``playbooks`` with these arguments against the deployment of ``settings``.

    log: a file for what it logs.
    """
    environment = {name: value for name, value in os.environ.items() if "PLAYBOOKS" not in name}
    environment |= {
        "PLAYBOOKS_BROKER": str(settings.broker),
        "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
        "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
        "PLAYBOOKS_LOG_LEVEL": "warning",
        # The remote sides of the tests are on this machine.
        "PLAYBOOKS_EGRESS_ALLOW": "127.0.0.1",
    }
    if settings.table is not None:
        environment["PLAYBOOKS_TABLE"] = settings.table.get_secret_value()
    if settings.actions_file is not None:
        environment["PLAYBOOKS_ACTIONS_FILE"] = str(settings.actions_file)
    with log.open("ab") as file:
        return subprocess.Popen(
            [Path(sys.executable).parent / "playbooks", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )


class Workers:
    """Some worker processes; a killed one is started again at once."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self.processes = [spawn(settings, "worker") for _ in range(count)]

    def wait_until_ready(self) -> None:
        """Wait for the ready line of each."""
        for process in self.processes:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready"), line

    def kill(self, index: int) -> None:
        """Kill one with SIGKILL and start another in its place."""
        self.end(index)
        self.start(index)

    def end(self, index: int) -> None:
        """Kill one with SIGKILL."""
        end(self.processes[index])

    def start(self, index: int) -> None:
        """Start another one in the place of one that has ended."""
        self.processes[index] = spawn(self._settings, "worker")

    def add(self) -> None:
        """Start one more."""
        self.processes.append(spawn(self._settings, "worker"))

    def stop(self) -> None:
        """Stop them all, and see that they do so by themselves."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=60)


@contextmanager
def workers(settings: Settings, count: int) -> Iterator[Workers]:
    """Run so many workers; none outlives the test."""
    running = Workers(settings, count)
    try:
        yield running
    finally:
        for process in running.processes:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process, if it still runs, and let go of what it left."""
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
