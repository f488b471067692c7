"""``playbooks demo``: it does what the front page says, and says so."""

import signal
from pathlib import Path

import pytest

from tests.api.cli.shell import Shell, running


@pytest.fixture
def shell() -> Shell:
    """A shell with settings that would lead astray a demo that heeded them."""
    return Shell({"PLAYBOOKS_BROKER": "127.0.0.1:1", "PLAYBOOKS_LOG_LEVEL": "error"})


def test_it_goes_on_until_it_is_stopped_and_can_be_seen_again(shell: Shell, tmp_path: Path) -> None:
    arguments = ("demo", "--data-dir", tmp_path / "data")
    with running(shell, *arguments, log=tmp_path / "log") as demo:
        lines = demo.lines_until("playbooks verify")
        [url] = [line.split()[1] for line in lines if line.startswith("page ")]
        assert f"API  {url}/api" in [line.strip() for line in lines]
        asked = Shell({"PLAYBOOKS_URL": url, "PLAYBOOKS_DATA_DIR": str(tmp_path / "data")})
        executions = asked.json("executions")
        assert {each["status"] for each in executions} == {"completed"}
        assert {each["playbook_id"] for each in executions} == {
            each["id"] for each in asked.json("list")
        }
        demo.stop(signal.SIGINT)
    again = shell(*arguments, "--exit")
    assert f"executions       {len(executions)} completed" in again
    assert "findings         13 seen, 8 matched" in again


def test_it_needs_no_directory_and_leaves_none(shell: Shell, tmp_path: Path) -> None:
    said = shell("demo", "--exit", TMPDIR=str(tmp_path))
    assert "completed" in said
    assert list(tmp_path.glob("playbooks-demo-*")) == []
