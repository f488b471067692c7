"""A system that runs in a process of its own, and a shell to ask it with."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.cli.shell import Shell, running


@pytest.fixture(scope="module")
def up(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """``playbooks up`` on the session's broker; commands in the shell find it and its key."""
    data_dir = tmp_path_factory.mktemp("up")
    shell = Shell(
        {
            "PLAYBOOKS_BROKER": broker,
            "PLAYBOOKS_TOPIC_PREFIX": f"t{uuid4().hex[:12]}.",
            "PLAYBOOKS_DATA_DIR": str(data_dir),
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_PARTITIONS": "2",
        }
    )
    with running(shell, "up", log=data_dir / "up.log") as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        yield shell
        assert system.stop() == "", "the ready line is the only one"


@pytest.fixture
def alone(tmp_path: Path) -> Shell:
    """A shell where nothing runs."""
    return Shell({"PLAYBOOKS_DATA_DIR": str(tmp_path / "data")})
