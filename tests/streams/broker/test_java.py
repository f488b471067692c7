"""A program of Kafka gets nothing it has no need of, and dies with who started it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.broker import java
from streams.broker.broker import EmbeddedBroker
from streams.broker.errors import JavaMissing
from tests.streams.broker.processes import ROOT, runs, until

STARTS_AND_WAITS = """
import subprocess, sys
from streams.broker import java

child = subprocess.Popen(java.bound(["/bin/sleep", "60"]), stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part is Linux's alone")


def test_secrets_and_options_of_others_are_not_handed_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PLAYBOOKS_SECRET_TOKEN", "JAVA_TOOL_OPTIONS", "CLASSPATH", "KAFKA_OPTS"):
        monkeypatch.setenv(name, "x")
    assert set(java.environment()) <= {"PATH", "LD_LIBRARY_PATH", "TZ", "LC_ALL"}


@linux
async def test_a_bound_program_dies_when_its_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTS_AND_WAITS, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    command = Path(f"/proc/{child}/cmdline")
    await until(lambda: command.read_text().startswith("/bin/sleep"))
    parent.kill()
    await parent.wait()
    await until(lambda: not runs(child))


@linux
def test_a_program_whose_parent_is_gone_already_does_not_start() -> None:
    command = java.bound(["/bin/echo", "started"])
    assert command[4] == str(os.getpid())
    command[4] = "1"
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "the process that started the broker is gone" in ended.stderr


async def test_without_java_it_says_what_to_do_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As in the image, which leaves it out: there a broker is given.
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    broker = EmbeddedBroker(tmp_path / "data", port=0)
    with pytest.raises(JavaMissing, match="PLAYBOOKS_BROKER"):
        await broker.start()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("lasting", [True, False])
def test_only_what_runs_for_long_is_compiled_twice(lasting: bool) -> None:
    command = java.command("", "kafka.Kafka", lasting=lasting)
    assert ("-XX:TieredStopAtLevel=1" in command) is not lasting
