"""The command ``playbooks`` as users run it: a process, its output and its exit code."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

COMMAND = Path(sys.executable).parent / "playbooks"

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass
class Shell:
    """Runs commands with some settings in the environment, and none of the developer's."""

    settings: dict[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: object, code: int = 0, stdin: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; it must end with ``code``, and never show a traceback."""
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            env=self.environment(settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def __call__(self, *arguments: object, **settings: str) -> str:
        """Return what a command that succeeds prints."""
        return self.run(*arguments, **settings).stdout

    def json(self, *arguments: object, code: int = 0) -> Any:
        """Return what a command prints with ``--json``."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def complaint(self, *arguments: object, code: int = 1, **settings: str) -> str:
        """Return what a command that fails says; it prints no data."""
        done = self.run(*arguments, code=code, **settings)
        assert done.stdout == ""
        return done.stderr

    def environment(self, settings: dict[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a command."""
        own = {name: value for name, value in os.environ.items() if "PLAYBOOKS" not in name}
        return own | {"COLUMNS": "200"} | self.settings | (settings or {})


class Running:
    """A command that runs until it is asked to stop."""

    def __init__(self, shell: Shell, *arguments: object, log: Path) -> None:
        """log: where its standard error goes."""
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [COMMAND, *map(str, arguments)],
                env=shell.environment(),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        # A thread: who waits for a line can give up, and a full pipe never holds it up.
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def line(self) -> str:
        """Wait for the next line on standard output."""
        try:
            line = self._lines.get(timeout=START_SECONDS)
        except Empty:
            raise AssertionError(
                f"nothing within {START_SECONDS} s: {self._log.read_text()}"
            ) from None
        assert line, f"it has ended: {self._log.read_text()}"
        return line.rstrip("\n")

    def lines_until(self, words: str) -> list[str]:
        """Return the lines up to one in which ``words`` stand."""
        lines = [self.line()]
        while words not in lines[-1]:
            lines.append(self.line())
        return lines

    def ready(self) -> str:
        """Wait for the ready line, the first one, and return what it says."""
        word, _, says = self.line().partition(" ")
        assert word == "ready"
        return says

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Ask it to stop; it ends well and in time. Return what else it has printed."""
        self.process.send_signal(number)
        self.process.wait(timeout=STOP_SECONDS)
        assert self.process.returncode == 0, self._log.read_text()
        self._reader.join()
        return "".join(self._lines.queue)

    def end(self) -> None:
        """Kill it, if it still runs, and let go of what it left."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put("")


@contextmanager
def running(shell: Shell, *arguments: object, log: Path) -> Iterator[Running]:
    """Run a command; it does not outlive the block."""
    started = Running(shell, *arguments, log=log)
    try:
        yield started
    finally:
        started.end()
