"""``up`` with a broker of its own, and its parts as processes apart: start, stop, start again."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.api.cli.files import playbook_file
from tests.api.cli.shell import Shell, running

RETRYING = {
    "id": "retrying",
    "type": "action",
    "action_ref": "act-nonsense",
    "retry": {"max_attempts": 3, "delay_seconds": 1, "jitter": 0},
    "on_failure": "continue",
}
"""A step that is under way for some three seconds, whoever is there to see it."""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell whose commands start what they need on free ports, in a directory of its own."""
    return Shell(
        {
            "PLAYBOOKS_DATA_DIR": str(tmp_path / "data"),
            "PLAYBOOKS_BROKER_PORT": "0",
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_PARTITIONS": "2",
        }
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the processes log to."""
    return tmp_path / "log"


def kafka_process(shell: Shell) -> int:
    record = Path(shell.settings["PLAYBOOKS_DATA_DIR"]) / "broker.json"
    return int(json.loads(record.read_text())["pid"])


def test_an_open_execution_goes_on_after_a_restart(shell: Shell, log: Path, tmp_path: Path) -> None:
    file = playbook_file(tmp_path, "pb-open", steps=[RETRYING])
    with running(shell, "up", log=log) as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        shell("apply", file)
        execution_id = shell.json("run", "pb-open")["execution_id"]
        assert system.stop() == ""
    with running(shell, "up", log=log) as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        shell("watch", execution_id)
        types = [event["type"] for event in shell.json("events", execution_id)]
        assert types.count("StepRetryScheduled") == 2
        assert types[-1] == "ExecutionCompleted"
        assert shell.json("verify")["ok"] is True
        system.stop(signal.SIGINT)


def test_a_second_start_on_the_same_directory_is_refused(shell: Shell, log: Path) -> None:
    with running(shell, "up", log=log) as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        said = shell.complaint("up")
        assert f"process {system.process.pid} runs a broker on" in said
        assert shell("list") != ""
        system.stop()


def test_a_broker_that_dies_comes_back_and_nothing_is_lost(
    shell: Shell, log: Path, tmp_path: Path
) -> None:
    with running(shell, "up", log=log) as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        shell("apply", playbook_file(tmp_path, "pb-broker", steps=[RETRYING]))
        execution_id = shell.json("run", "pb-broker")["execution_id"]
        killed = kafka_process(shell)
        os.kill(killed, signal.SIGKILL)
        shell("watch", execution_id)
        assert kafka_process(shell) != killed
        system.stop()


def test_it_stops_when_asked_before_it_is_ready(shell: Shell, log: Path) -> None:
    with running(shell, "up", log=log) as system:
        # Its first words: it has begun, and Kafka takes some seconds yet.
        while not log.exists() or not log.read_text():
            assert system.process.poll() is None
        assert system.stop() == ""


def test_the_parts_run_apart_and_find_each_other(shell: Shell, log: Path, tmp_path: Path) -> None:
    with running(shell, "broker", log=log) as broker:
        address = broker.ready()
        assert "findings" in shell("topics", "create").splitlines()
        assert shell("topics", "create") == "every topic is there\n"
        with (
            running(
                shell, "worker", "--agents", "triggers,admissions,executions", log=log
            ) as deciding,
            running(shell, "worker", "--agents", "steps", log=log) as acting,
            running(shell, "api", "--broker", address, log=log) as api,
        ):
            assert deciding.ready() == "worker triggers,admissions,executions"
            assert acting.ready() == "worker steps"
            shell.settings["PLAYBOOKS_URL"] = api.ready()
            shell("apply", playbook_file(tmp_path, "pb-apart"))
            assert shell.json("run", "pb-apart", "--wait")["status"] == "completed"
            for process in (api, acting, deciding):
                process.stop()
        broker.stop()


def test_a_broker_that_cannot_come_back_ends_it(shell: Shell, log: Path) -> None:
    with running(shell, "up", log=log) as system:
        system.ready()
        # Kafka cannot be configured anew, so every restart fails.
        properties = Path(shell.settings["PLAYBOOKS_DATA_DIR"]) / "kafka" / "server.properties"
        properties.unlink()
        properties.mkdir()
        os.kill(kafka_process(shell), signal.SIGKILL)
        assert system.process.wait(timeout=60) == 1
    last = log.read_text().splitlines()[-1]
    assert last.startswith("playbooks: ")
    assert "server.properties" in last


def test_it_stops_in_time_though_its_broker_is_gone(shell: Shell, log: Path) -> None:
    with running(shell, "broker", log=log) as broker:
        address = broker.ready()
        with running(shell, "up", "--broker", address, log=log) as system:
            system.ready()
            broker.end()
            system.process.send_signal(signal.SIGTERM)
            assert system.process.wait(timeout=60) in (0, 1)
    assert "Traceback" not in log.read_text()
