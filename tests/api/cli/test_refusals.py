"""Everything that can be wrong: one plain sentence, the right exit code, never a traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.cli.shell import Shell

NOBODY = "127.0.0.1:1"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("worker", 1, "no Kafka broker is known: set PLAYBOOKS_BROKER"),
        ("api", 1, "no Kafka broker is known: set PLAYBOOKS_BROKER"),
        (f"worker --broker {NOBODY}", 1, f"no Kafka broker answers at {NOBODY}"),
        (f"up --broker {NOBODY}", 1, f"no Kafka broker answers at {NOBODY}"),
        (f"topics create --broker {NOBODY}", 1, f"no Kafka broker answers at {NOBODY}"),
        ("topics describe", 1, "no Kafka broker is known"),
        ("dead-letters list", 1, "no Kafka broker is known"),
        ("verify", 1, "there is no table in"),
        ("worker --agents triggers,nonsense", 2, "--agents names nonsense: the agents are"),
        ("up --api-port nonsense", 2, "PLAYBOOKS_API_PORT: input should be a valid integer"),
        ("up --broker nonsense", 2, "PLAYBOOKS_BROKER: write host:port"),
        ("up --actions-file /nonexistent", 2, "PLAYBOOKS_ACTIONS_FILE: path does not point to"),
        (f"list --url http://{NOBODY}", 1, f"the API does not answer at http://{NOBODY}"),
        ("list --url nonsense", 1, "the API does not answer at nonsense"),
        ("run pb-x -p nonsense", 2, "--parameter nonsense: write NAME=VALUE"),
        ("run pb-x -p text=caf\udce9", 2, r"'text=caf\udce9' is not UTF-8"),
        ("send /nonexistent", 1, "/nonexistent: cannot be read: No such file or directory"),
    ],
)
def test_where_nothing_runs_it_is_said_what_to_do(
    alone: Shell, command: str, code: int, says: str
) -> None:
    said = alone.complaint(*command.split(), code=code)
    assert said.startswith("playbooks: ")
    assert says in said


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("show pb-none", "there is no playbook pb-none"),
        ("run pb-none", "there is no playbook pb-none"),
        ("delete pb-none --yes", "there is no playbook pb-none"),
        ("status pexec-none", "there is no execution pexec-none"),
        ("steps pexec-none", "there is no execution pexec-none"),
        ("watch pexec-none", "there is no execution pexec-none"),
        ("cancel pexec-none", "there is no execution pexec-none"),
        ("keys revoke key-none", "there is no key key-none"),
        ("dead-letters show 9:9", "there is no dead letter 9:9"),
        ("executions --status nonsense", "status"),
        ("executions --since nonsense", "since"),
        ("keys create --name x --scope nonsense", "/scopes/0"),
    ],
)
def test_what_the_system_refuses_is_told(up: Shell, command: str, says: str) -> None:
    said = up.complaint(*command.split())
    assert said.startswith("playbooks: ")
    assert says in said


def test_a_wrong_key_is_told_with_where_a_right_one_comes_from(up: Shell) -> None:
    said = up.complaint("list", PLAYBOOKS_API_KEY="nonsense")
    assert "set PLAYBOOKS_API_KEY" in said


def test_findings_that_are_none_are_told_each_with_its_place(up: Shell, tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    path.write_text('{"event": "finding.new"}\n')
    assert "/0/data: is required" in up.complaint("send", path)
    path.write_text('{"event": \n')
    assert f"{path}: unexpected end of data" in up.complaint("send", path)
    path.write_bytes(b'{"event": "caf\xe9"}')
    assert f"{path}: is not UTF-8 text" in up.complaint("send", path)


def test_a_port_in_use_is_told(up: Shell, taken_port: int) -> None:
    said = up.complaint("api", "--api-port", taken_port)
    assert f"cannot listen on 127.0.0.1:{taken_port}: the port is in use" in said


def test_missing_topics_are_told_with_how_to_make_them(broker: str, alone: Shell) -> None:
    said = alone.complaint("worker", "--broker", broker, "--topic-prefix", "none.")
    assert "none.findings does not exist: run `playbooks topics create`" in said


def test_a_wrong_actions_file_is_told_before_anything_is_started(
    alone: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text("act-x: {connector: nonsense}\n")
    said = alone.complaint("up", "--actions-file", path)
    assert f"{path}:1:9: act-x: there is no connector 'nonsense'" in said
